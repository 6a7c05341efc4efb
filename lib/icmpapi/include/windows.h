/* windows.h: what a program around IcmpSendEcho needs of Windows, on POSIX: last error, events,
 * alertable waits, time, messages, memory. See icmpapi(3). Every function is thread-safe; the last
 * error belongs to the thread. */
#ifndef SONDE_WINDOWS_H
#define SONDE_WINDOWS_H

#include <stdlib.h>
#include <string.h>
#include <windef.h>
#include <winerror.h>

#ifdef __cplusplus
extern "C" {
#endif

#define INFINITE 0xffffffffU
#define MAXIMUM_WAIT_OBJECTS 64
#define WAIT_OBJECT_0 0U
#define WAIT_ABANDONED 0x80U
#define WAIT_ABANDONED_0 0x80U
#define WAIT_IO_COMPLETION 0xc0U
#define WAIT_TIMEOUT 258U
#define WAIT_FAILED 0xffffffffU

typedef struct _SECURITY_ATTRIBUTES {
  DWORD nLength;
  LPVOID lpSecurityDescriptor;
  BOOL bInheritHandle;
} SECURITY_ATTRIBUTES, *PSECURITY_ATTRIBUTES, *LPSECURITY_ATTRIBUTES;

SONDE_ICMPAPI DWORD WINAPI GetLastError(void);
SONDE_ICMPAPI VOID WINAPI SetLastError(DWORD dwErrCode);

/* Events. A name other than NULL: ERROR_NOT_SUPPORTED; `attributes` are ignored. */
SONDE_ICMPAPI HANDLE WINAPI CreateEventA(LPSECURITY_ATTRIBUTES attributes, BOOL bManualReset,
                                         BOOL bInitialState, LPCSTR lpName);
SONDE_ICMPAPI HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES attributes, BOOL bManualReset,
                                         BOOL bInitialState, LPCWSTR lpName);
SONDE_ICMPAPI BOOL WINAPI SetEvent(HANDLE hEvent);
SONDE_ICMPAPI BOOL WINAPI ResetEvent(HANDLE hEvent);
SONDE_ICMPAPI BOOL WINAPI CloseHandle(HANDLE hObject);

/* Waits. Milliseconds; INFINITE: no limit. Alertable ones run the routines that asynchronous
 * requests of this thread have queued, and then return WAIT_IO_COMPLETION. */
SONDE_ICMPAPI DWORD WINAPI WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds);
SONDE_ICMPAPI DWORD WINAPI WaitForSingleObjectEx(HANDLE hHandle, DWORD dwMilliseconds,
                                                 BOOL bAlertable);
SONDE_ICMPAPI DWORD WINAPI WaitForMultipleObjects(DWORD nCount, const HANDLE* lpHandles,
                                                  BOOL bWaitAll, DWORD dwMilliseconds);
SONDE_ICMPAPI DWORD WINAPI WaitForMultipleObjectsEx(DWORD nCount, const HANDLE* lpHandles,
                                                    BOOL bWaitAll, DWORD dwMilliseconds,
                                                    BOOL bAlertable);
SONDE_ICMPAPI VOID WINAPI Sleep(DWORD dwMilliseconds);
SONDE_ICMPAPI DWORD WINAPI SleepEx(DWORD dwMilliseconds, BOOL bAlertable);

/* Time on the steady clock. */
SONDE_ICMPAPI DWORD WINAPI GetTickCount(void);
SONDE_ICMPAPI ULONGLONG WINAPI GetTickCount64(void);
SONDE_ICMPAPI BOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER* lpPerformanceCount);
SONDE_ICMPAPI BOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER* lpFrequency);

/* Messages. Supported: FORMAT_MESSAGE_FROM_SYSTEM with or without ALLOCATE_BUFFER; in English. */
#define FORMAT_MESSAGE_ALLOCATE_BUFFER 0x00000100U
#define FORMAT_MESSAGE_IGNORE_INSERTS 0x00000200U
#define FORMAT_MESSAGE_FROM_STRING 0x00000400U
#define FORMAT_MESSAGE_FROM_HMODULE 0x00000800U
#define FORMAT_MESSAGE_FROM_SYSTEM 0x00001000U
#define FORMAT_MESSAGE_ARGUMENT_ARRAY 0x00002000U
#define FORMAT_MESSAGE_MAX_WIDTH_MASK 0x000000ffU
#define LANG_NEUTRAL 0x00
#define LANG_ENGLISH 0x09
#define SUBLANG_NEUTRAL 0x00
#define SUBLANG_DEFAULT 0x01
#define SUBLANG_ENGLISH_US 0x01
#define MAKELANGID(primary, sub) ((WORD)(((WORD)(sub) << 10) | (WORD)(primary)))

SONDE_ICMPAPI DWORD WINAPI FormatMessageA(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId,
                                          DWORD dwLanguageId, LPSTR lpBuffer, DWORD nSize,
                                          void* arguments);
SONDE_ICMPAPI DWORD WINAPI FormatMessageW(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId,
                                          DWORD dwLanguageId, LPWSTR lpBuffer, DWORD nSize,
                                          void* arguments);
SONDE_ICMPAPI HLOCAL WINAPI LocalFree(HLOCAL hMem);

#ifdef UNICODE
#define CreateEvent CreateEventW
#define FormatMessage FormatMessageW
#else
#define CreateEvent CreateEventA
#define FormatMessage FormatMessageA
#endif

/* Memory: the C library's. */
#define HEAP_ZERO_MEMORY 0x00000008U
static inline HANDLE GetProcessHeap(void) { return (HANDLE)(UINT_PTR)4; }
static inline LPVOID HeapAlloc(HANDLE hHeap, DWORD dwFlags, SIZE_T dwBytes) {
  const size_t size = dwBytes != 0 ? dwBytes : 1;
  (void)hHeap;
  return (dwFlags & HEAP_ZERO_MEMORY) != 0 ? calloc(1, size) : malloc(size);
}
static inline BOOL HeapFree(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem) {
  (void)hHeap;
  (void)dwFlags;
  free(lpMem);
  return TRUE;
}
#define ZeroMemory(destination, length) memset((destination), 0, (length))
#define FillMemory(destination, length, fill) memset((destination), (fill), (length))
#define CopyMemory(destination, source, length) memcpy((destination), (source), (length))
#define MoveMemory(destination, source, length) memmove((destination), (source), (length))
#define RtlZeroMemory ZeroMemory
#define RtlCopyMemory CopyMemory

#ifdef __cplusplus
}
#endif

#endif
