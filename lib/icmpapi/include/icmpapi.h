/* icmpapi.h: the IcmpSendEcho family on POSIX. Parameters, errors and the shape of the reply buffer
 * are described in icmpapi(3).
 * With PIO_APC_ROUTINE_DEFINED defined before, and winternl.h included, completion routines have
 * their type; otherwise they are a FARPROC. */
#ifndef SONDE_ICMPAPI_H
#define SONDE_ICMPAPI_H

#include <ipexport.h>
#include <windows.h>

#ifdef PIO_APC_ROUTINE_DEFINED
#include <winternl.h>
#define SONDE_APC_ROUTINE PIO_APC_ROUTINE
#else
#define SONDE_APC_ROUTINE FARPROC
#endif

#ifdef __cplusplus
extern "C" {
#endif

struct sonde_sockaddr_in6; /* struct sockaddr_in6 of winsock2.h */

SONDE_ICMPAPI HANDLE WINAPI IcmpCreateFile(VOID);
SONDE_ICMPAPI HANDLE WINAPI Icmp6CreateFile(VOID);
SONDE_ICMPAPI BOOL WINAPI IcmpCloseHandle(HANDLE IcmpHandle);

SONDE_ICMPAPI DWORD WINAPI IcmpSendEcho(HANDLE IcmpHandle, IPAddr DestinationAddress,
                                        LPVOID RequestData, WORD RequestSize,
                                        PIP_OPTION_INFORMATION RequestOptions, LPVOID ReplyBuffer,
                                        DWORD ReplySize, DWORD Timeout);
SONDE_ICMPAPI DWORD WINAPI IcmpSendEcho2(HANDLE IcmpHandle, HANDLE Event,
                                         SONDE_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                                         IPAddr DestinationAddress, LPVOID RequestData,
                                         WORD RequestSize, PIP_OPTION_INFORMATION RequestOptions,
                                         LPVOID ReplyBuffer, DWORD ReplySize, DWORD Timeout);
SONDE_ICMPAPI DWORD WINAPI IcmpSendEcho2Ex(HANDLE IcmpHandle, HANDLE Event,
                                           SONDE_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                                           IPAddr SourceAddress, IPAddr DestinationAddress,
                                           LPVOID RequestData, WORD RequestSize,
                                           PIP_OPTION_INFORMATION RequestOptions,
                                           LPVOID ReplyBuffer, DWORD ReplySize, DWORD Timeout);
SONDE_ICMPAPI DWORD WINAPI Icmp6SendEcho2(HANDLE IcmpHandle, HANDLE Event,
                                          SONDE_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                                          struct sonde_sockaddr_in6* SourceAddress,
                                          struct sonde_sockaddr_in6* DestinationAddress,
                                          LPVOID RequestData, WORD RequestSize,
                                          PIP_OPTION_INFORMATION RequestOptions, LPVOID ReplyBuffer,
                                          DWORD ReplySize, DWORD Timeout);

SONDE_ICMPAPI DWORD WINAPI IcmpParseReplies(LPVOID ReplyBuffer, DWORD ReplySize);
SONDE_ICMPAPI DWORD WINAPI Icmp6ParseReplies(LPVOID ReplyBuffer, DWORD ReplySize);

/* Not on Windows. Rewrites the first `Replies` ICMP_ECHO_REPLY of the buffer as as many
 * ICMP_ECHO_REPLY32, in place, for programs that read those. Returns their number; 0 with
 * ERROR_INVALID_PARAMETER if the buffer does not hold so many. */
SONDE_ICMPAPI DWORD WINAPI SondeRepliesTo32(LPVOID ReplyBuffer, DWORD ReplySize, DWORD Replies);

#ifdef __cplusplus
}
#endif

#endif
