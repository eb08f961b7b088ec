/* The yardstick of forwarding: encrypt and send to many destinations, with nothing else around it.
 *
 *   bare_loop SIZE SEGMENTS DESTINATIONS SECONDS PORT
 *
 * Every destination (127.1.0.0 + i, PORT) has its own AES-128-GCM key, scheduled once. A round takes
 * SEGMENTS packets of SIZE bytes (12 of them header) and encrypts and sends them to every
 * destination, as one GSO message when there are several. Prints "packets cpu_seconds".
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum {
    HEADER = 12,
    TAG = 16,
    IV = 12,
    BATCH = 64,
    MAX_SIZE = 1400,
    MAX_SEGMENTS = 16,
    FIRST_ADDRESS = 0x7f010000,
};

struct destination {
    EVP_CIPHER_CTX *cipher;
    struct sockaddr_in address;
};

struct message {
    uint8_t wire[MAX_SEGMENTS * (MAX_SIZE + TAG)];
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(uint16_t))];
    struct iovec vector;
};

static struct message messages[BATCH];
static struct mmsghdr calls[BATCH];

static double now(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct destination *make_destinations(int count, int port) {
    struct destination *all = calloc((size_t)count, sizeof *all);
    for (int i = 0; all && i < count; i++) {
        uint8_t key[16] = {0};
        memcpy(key, &i, sizeof i);
        all[i].cipher = EVP_CIPHER_CTX_new();
        if (!all[i].cipher || !EVP_EncryptInit_ex(all[i].cipher, EVP_aes_128_gcm(), NULL, key, NULL))
            return NULL;
        all[i].address.sin_family = AF_INET;
        all[i].address.sin_port = htons((uint16_t)port);
        all[i].address.sin_addr.s_addr = htonl((uint32_t)(FIRST_ADDRESS + i));
    }
    return all;
}

static void encrypt(EVP_CIPHER_CTX *cipher, uint32_t number, const uint8_t *plain, int size,
                    uint8_t *out) {
    uint8_t iv[IV] = {0};
    int written;
    memcpy(iv + 8, &number, sizeof number);
    memcpy(out, plain, HEADER);
    EVP_EncryptInit_ex(cipher, NULL, NULL, NULL, iv);
    EVP_EncryptUpdate(cipher, NULL, &written, out, HEADER);
    EVP_EncryptUpdate(cipher, out + HEADER, &written, plain + HEADER, size - HEADER);
    EVP_EncryptFinal_ex(cipher, out + size, &written);
    EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, TAG, out + size);
}

static void fill(int place, struct destination *to, uint32_t number, int segments,
                 const uint8_t *plain, int size) {
    struct message *m = &messages[place];
    struct msghdr *header = &calls[place].msg_hdr;
    uint16_t wire = (uint16_t)(size + TAG);
    for (int k = 0; k < segments; k++)
        encrypt(to->cipher, number + (uint32_t)k, plain, size, m->wire + k * wire);
    m->vector.iov_base = m->wire;
    m->vector.iov_len = (size_t)segments * wire;
    memset(header, 0, sizeof *header);
    header->msg_name = &to->address;
    header->msg_namelen = sizeof to->address;
    header->msg_iov = &m->vector;
    header->msg_iovlen = 1;
    if (segments == 1)
        return;
    header->msg_control = m->control;
    header->msg_controllen = sizeof m->control;
    struct cmsghdr *c = CMSG_FIRSTHDR(header);
    c->cmsg_level = SOL_UDP;
    c->cmsg_type = UDP_SEGMENT;
    c->cmsg_len = CMSG_LEN(sizeof wire);
    memcpy(CMSG_DATA(c), &wire, sizeof wire);
}

static int send_all(int socket, int count) {
    for (int done = 0; done < count;) {
        int sent = sendmmsg(socket, calls + done, (unsigned)(count - done), 0);
        if (sent < 0 && errno != EINTR)
            return -1;
        done += sent > 0 ? sent : 0;
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc != 6)
        return 2;
    int size = atoi(argv[1]), segments = atoi(argv[2]), destinations = atoi(argv[3]);
    double limit = atof(argv[4]);
    if (size <= HEADER || size > MAX_SIZE || segments < 1 || segments > MAX_SEGMENTS ||
        destinations < 1 || destinations > 65536)
        return 2;
    struct destination *all = make_destinations(destinations, atoi(argv[5]));
    int out = socket(AF_INET, SOCK_DGRAM, 0), room = 8 << 20;
    if (!all || out < 0)
        return 1;
    setsockopt(out, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    static uint8_t plain[MAX_SIZE];
    unsigned long long packets = 0;
    uint32_t number = 0;
    double end = now(CLOCK_MONOTONIC) + limit, cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    while (now(CLOCK_MONOTONIC) < end) {
        for (int first = 0; first < destinations; first += BATCH) {
            int count = destinations - first < BATCH ? destinations - first : BATCH;
            for (int i = 0; i < count; i++)
                fill(i, &all[first + i], number, segments, plain, size);
            if (send_all(out, count)) {
                perror("sendmmsg");
                return 1;
            }
            packets += (unsigned long long)count * (unsigned)segments;
        }
        number += (uint32_t)segments;
    }
    printf("%llu %.6f\n", packets, now(CLOCK_PROCESS_CPUTIME_ID) - cpu);
    return 0;
}
