/* iphlpapi.h: the text of an IP_STATUS. */
#ifndef SONDE_IPHLPAPI_H
#define SONDE_IPHLPAPI_H

#include <ipexport.h>
#include <windows.h>

#ifdef __cplusplus
extern "C" {
#endif

/* *Size: in, characters of `Buffer` without the final nul; out, of the text. Returns NO_ERROR,
 * ERROR_INSUFFICIENT_BUFFER (also for no buffer) or ERROR_INVALID_PARAMETER (unknown code, no
 * Size). */
SONDE_ICMPAPI DWORD WINAPI GetIpErrorString(IP_STATUS ErrorCode, PWSTR Buffer, PDWORD Size);

#ifdef __cplusplus
}
#endif

#endif
