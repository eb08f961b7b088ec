"""The system calls that the kernel thread needs, with no Python in between."""

from libc.stdint cimport int32_t, uint8_t, uint16_t, uint32_t

cdef extern from *:
    """
    #ifndef _GNU_SOURCE
    #define _GNU_SOURCE
    #endif
    #include <sys/socket.h>
    #include <netinet/in.h>
    #include <netinet/udp.h>
    #include <sys/ioctl.h>
    #include <sys/random.h>
    #include <linux/sockios.h>
    #include <errno.h>
    #include <string.h>
    #include <time.h>
    #ifndef UDP_SEGMENT
    #define UDP_SEGMENT 103
    #endif
    #ifndef UDP_GRO
    #define UDP_GRO 104
    #endif
    #ifndef SOL_UDP
    #define SOL_UDP 17
    #endif

    static inline int zv_random(void *buffer, size_t size) {
        return getrandom(buffer, size, 0) == (ssize_t)size;
    }

    static inline uint32_t zv_send_buffer(int fd) {
        int size = 0;
        socklen_t length = sizeof size;
        return getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &length) == 0 && size > 0 ? size : UINT32_MAX;
    }

    /* A destination in the form of the system. */
    static inline socklen_t zv_sockaddr(struct sockaddr_storage *out, const uint8_t *ip, uint16_t port,
                                        int family, uint32_t interface_index) {
        memset(out, 0, sizeof *out);
        if (family == 4) {
            struct sockaddr_in *a = (struct sockaddr_in *)out;
            a->sin_family = AF_INET;
            a->sin_port = htons(port);
            memcpy(&a->sin_addr, ip, 4);
            return sizeof *a;
        }
        struct sockaddr_in6 *b = (struct sockaddr_in6 *)out;
        b->sin6_family = AF_INET6;
        b->sin6_port = htons(port);
        memcpy(&b->sin6_addr, ip, 16);
        if (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80) b->sin6_scope_id = interface_index;
        return sizeof *b;
    }

    static inline int zv_address(const struct sockaddr_storage *in, uint8_t *ip, uint16_t *port) {
        memset(ip, 0, 16);
        if (in->ss_family == AF_INET) {
            const struct sockaddr_in *a = (const struct sockaddr_in *)in;
            memcpy(ip, &a->sin_addr, 4);
            *port = ntohs(a->sin_port);
            return 4;
        }
        if (in->ss_family == AF_INET6) {
            const struct sockaddr_in6 *b = (const struct sockaddr_in6 *)in;
            memcpy(ip, &b->sin6_addr, 16);
            *port = ntohs(b->sin6_port);
            return 6;
        }
        return 0;
    }

    /* Ancillary data of a datagram to send: our source address and the size of the segments. */
    static inline size_t zv_control(void *buffer, size_t size, int family, const uint8_t *local,
                                    uint32_t interface_index, uint16_t segment) {
        struct msghdr m;
        struct cmsghdr *c;
        memset(&m, 0, sizeof m);
        memset(buffer, 0, size);
        m.msg_control = buffer;
        m.msg_controllen = size;
        c = CMSG_FIRSTHDR(&m);
        size_t used;
        if (family == 4) {
            struct in_pktinfo info = {0};
            memcpy(&info.ipi_spec_dst, local, 4);
            c->cmsg_level = IPPROTO_IP;
            c->cmsg_type = IP_PKTINFO;
            c->cmsg_len = CMSG_LEN(sizeof info);
            memcpy(CMSG_DATA(c), &info, sizeof info);
            used = CMSG_SPACE(sizeof info);
        } else {
            struct in6_pktinfo info = {0};
            memcpy(&info.ipi6_addr, local, 16);
            if (local[0] == 0xfe && (local[1] & 0xc0) == 0x80) info.ipi6_ifindex = interface_index;
            c->cmsg_level = IPPROTO_IPV6;
            c->cmsg_type = IPV6_PKTINFO;
            c->cmsg_len = CMSG_LEN(sizeof info);
            memcpy(CMSG_DATA(c), &info, sizeof info);
            used = CMSG_SPACE(sizeof info);
        }
        if (segment) {
            c = CMSG_NXTHDR(&m, c);
            c->cmsg_level = SOL_UDP;
            c->cmsg_type = UDP_SEGMENT;
            c->cmsg_len = CMSG_LEN(sizeof segment);
            memcpy(CMSG_DATA(c), &segment, sizeof segment);
            used += CMSG_SPACE(sizeof segment);
        }
        return used;
    }

    /* What came with a received datagram: the address of ours it was sent to, and GRO's segments. */
    static inline int zv_received(struct msghdr *m, uint8_t *local, uint32_t *interface_index) {
        int segment = 0;
        memset(local, 0, 16);
        *interface_index = 0;
        for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
            if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
                memcpy(&segment, CMSG_DATA(c), sizeof segment);
            } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
                struct in_pktinfo info;
                memcpy(&info, CMSG_DATA(c), sizeof info);
                memcpy(local, &info.ipi_spec_dst, 4);
                *interface_index = info.ipi_ifindex;
            } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
                struct in6_pktinfo info;
                memcpy(&info, CMSG_DATA(c), sizeof info);
                memcpy(local, &info.ipi6_addr, 16);
                *interface_index = info.ipi6_ifindex;
            }
        }
        return segment;
    }

    static inline int64_t zv_clock(clockid_t id) {
        struct timespec t;
        clock_gettime(id, &t);
        return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
    }
    """
    ctypedef unsigned int socklen_t
    cdef struct sockaddr_storage:
        pass
    cdef struct iovec:
        void* iov_base
        size_t iov_len
    cdef struct msghdr:
        void* msg_name
        socklen_t msg_namelen
        iovec* msg_iov
        size_t msg_iovlen
        void* msg_control
        size_t msg_controllen
        int msg_flags
    cdef struct mmsghdr:
        msghdr msg_hdr
        unsigned int msg_len
    ctypedef int clockid_t
    clockid_t CLOCK_MONOTONIC
    clockid_t CLOCK_REALTIME
    int MSG_DONTWAIT
    int SIOCOUTQ
    int ioctl(int fd, unsigned long request, int* argument) nogil
    bint zv_random(void* buffer, size_t size) nogil
    int EAGAIN, ENOBUFS, EIO, EINVAL, EMSGSIZE, ENOMEM, errno
    int sendmmsg(int fd, mmsghdr* messages, unsigned int count, int flags) nogil
    int recvmmsg(int fd, mmsghdr* messages, unsigned int count, int flags, void* timeout) nogil
    socklen_t zv_sockaddr(sockaddr_storage* out, const uint8_t* ip, uint16_t port, int family,
                          uint32_t interface_index) nogil
    int zv_address(const sockaddr_storage* a, uint8_t* ip, uint16_t* port) nogil
    size_t zv_control(void* buffer, size_t size, int family, const uint8_t* local,
                      uint32_t interface_index, uint16_t segment) nogil
    int zv_received(msghdr* m, uint8_t* local, uint32_t* interface_index) nogil
    uint32_t zv_send_buffer(int fd) nogil
    long long zv_clock(clockid_t id) nogil
