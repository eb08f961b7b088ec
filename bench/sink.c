/* Receives UDP on an inherited socket and only counts, on a core of its own.
 *
 *   sink FD        ends at the end of its standard input, then prints "datagrams bytes"
 *
 * The socket has UDP_GRO set: one receive call may return many datagrams of one size.
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { CALLS = 32, ROOM = 1 << 16, CONTROL = 64 };

static struct mmsghdr calls[CALLS];
static struct iovec vectors[CALLS];
static char data[CALLS][ROOM], control[CALLS][CONTROL];
static unsigned long long datagrams, bytes;

static unsigned segment_size(struct msghdr *message, unsigned length) {
    int size = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
        if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO)
            memcpy(&size, CMSG_DATA(c), sizeof size);
    return size > 0 ? (unsigned)size : length;
}

static void drain(int socket) {
    for (int i = 0; i < CALLS; i++) {
        calls[i].msg_hdr.msg_control = control[i];
        calls[i].msg_hdr.msg_controllen = CONTROL;
    }
    int got = recvmmsg(socket, calls, CALLS, MSG_DONTWAIT, NULL);
    for (int i = 0; i < got; i++) {
        unsigned length = calls[i].msg_len;
        if (length == 0)
            continue;
        unsigned segment = segment_size(&calls[i].msg_hdr, length);
        datagrams += (length + segment - 1) / segment;
        bytes += length;
    }
}

int main(int argc, char **argv) {
    if (argc != 2)
        return 2;
    int socket = atoi(argv[1]);
    for (int i = 0; i < CALLS; i++) {
        vectors[i].iov_base = data[i];
        vectors[i].iov_len = ROOM;
        calls[i].msg_hdr.msg_iov = &vectors[i];
        calls[i].msg_hdr.msg_iovlen = 1;
    }
    struct pollfd watched[2] = {{.fd = socket, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
    while (poll(watched, 2, -1) >= 0) {
        if (watched[0].revents)
            drain(socket);
        else if (watched[1].revents)
            break;
    }
    printf("%llu %llu\n", datagrams, bytes);
    return 0;
}
