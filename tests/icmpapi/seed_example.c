/* seed_example.c: a first program for IcmpSendEcho, as Windows programmers write it: it makes the
 * calls of the documentation's example, with its headers and in its order, in words of its own.
 * Nothing here knows of POSIX.
 *
 * usage: seed_example ADDRESS
 * Exit code 1 without an IPv4 address, and when nothing was sent. */
// clang-format off: this is the order that Windows' headers want
#include <winsock2.h>
#include <iphlpapi.h>
#include <icmpapi.h>
#include <stdio.h>
// clang-format on

#pragma comment(lib, "iphlpapi.lib")
#pragma comment(lib, "ws2_32.lib")

static int __cdecl usage(const char *program) {
  printf("usage: %s ADDRESS\n", program);
  return 1;
}

static VOID print_reply(PICMP_ECHO_REPLY pReply) {
  struct in_addr sender;
  sender.S_un.S_addr = pReply->Address;
  printf("\tThe first of them:\n");
  printf("\t  sender: %s\n", inet_ntoa(sender));
  printf("\t  status: %ld\n", pReply->Status);
  printf("\t  round trip: %ld ms\n", pReply->RoundTripTime);
}

int __cdecl main(int argc, char **argv) {
  HANDLE hIcmpFile;
  unsigned long ipaddr = INADDR_NONE;
  DWORD dwReplies = 0;
  DWORD dwError = 0;
  char SendData[32] = "32 bytes of data";
  LPVOID ReplyBuffer = NULL;
  DWORD ReplySize = 0;

  if (argc != 2) {
    return usage(argv[0]);
  }
  ipaddr = inet_addr(argv[1]);
  if (ipaddr == INADDR_NONE) {
    return usage(argv[0]);
  }

  hIcmpFile = IcmpCreateFile();
  if (hIcmpFile == INVALID_HANDLE_VALUE) {
    printf("\tIcmpCreateFile failed, error %ld\n", GetLastError());
    return 1;
  }

  /* No byte to spare for an ICMP error. */
  ReplySize = sizeof(ICMP_ECHO_REPLY) + sizeof(SendData);
  ReplyBuffer = (VOID *)malloc(ReplySize);
  if (ReplyBuffer == NULL) {
    printf("\tno memory\n");
    return 1;
  }

  dwReplies = IcmpSendEcho(hIcmpFile, ipaddr, SendData, sizeof(SendData), NULL, ReplyBuffer,
                           ReplySize, 1000);
  if (dwReplies == 0) {
    dwError = GetLastError();
    printf("\tIcmpSendEcho failed, error %ld\n", dwError);
    return 1;
  }
  printf("\tAsked %s\n", argv[1]);
  printf("\tReplies: %ld\n", dwReplies);
  print_reply((PICMP_ECHO_REPLY)ReplyBuffer);
  return 0;
}
