/* windef.h: the basic types of Windows, with their sizes, on POSIX.
 * DWORD, LONG and ULONG have 32 bits also where long has 64; WCHAR is wchar_t, so that L"" literals
 * are WCHAR strings (4 bytes here, 2 on Windows). No _WIN32 is defined. */
#ifndef SONDE_WINDEF_H
#define SONDE_WINDEF_H

#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef WINAPI
#define WINAPI
#define APIENTRY WINAPI
#define CALLBACK
#define NTAPI
#endif
#ifndef __cdecl
#define __cdecl
#endif
#ifndef __stdcall
#define __stdcall
#endif
#ifndef CONST
#define CONST const
#endif
#ifndef IN
#define IN
#endif
#ifndef OUT
#define OUT
#endif

/* Functions of libsonde-icmpapi; only these are exported. */
#define SONDE_ICMPAPI __attribute__((visibility("default")))

#define VOID void
typedef void* PVOID;
typedef void* LPVOID;
typedef const void* LPCVOID;
typedef void* HANDLE;
typedef HANDLE* PHANDLE;
typedef HANDLE* LPHANDLE;
typedef HANDLE HLOCAL;
typedef HANDLE HMODULE;
typedef HANDLE HINSTANCE;

typedef int BOOL;
typedef BOOL* PBOOL;
typedef BOOL* LPBOOL;
typedef char CHAR;
typedef char* PCHAR;
typedef unsigned char UCHAR;
typedef unsigned char* PUCHAR;
typedef unsigned char BYTE;
typedef unsigned char* PBYTE;
typedef unsigned char* LPBYTE;
typedef unsigned char BOOLEAN;
typedef int16_t SHORT;
typedef uint16_t USHORT;
typedef uint16_t* PUSHORT;
typedef uint16_t WORD;
typedef uint16_t* PWORD;
typedef uint16_t* LPWORD;
typedef int INT;
typedef unsigned int UINT;
typedef int32_t LONG;
typedef int32_t* PLONG;
typedef uint32_t ULONG;
typedef uint32_t* PULONG;
typedef uint32_t DWORD;
typedef uint32_t* PDWORD;
typedef uint32_t* LPDWORD;
typedef uint8_t UINT8;
typedef int16_t INT16;
typedef uint16_t UINT16;
typedef int32_t INT32;
typedef uint32_t UINT32;
typedef uint32_t DWORD32;
typedef int64_t INT64;
typedef uint64_t UINT64;
typedef uint64_t DWORD64;
typedef int64_t LONGLONG;
typedef uint64_t ULONGLONG;
typedef intptr_t INT_PTR;
typedef uintptr_t UINT_PTR;
typedef intptr_t LONG_PTR;
typedef uintptr_t ULONG_PTR;
typedef ULONG_PTR* PULONG_PTR;
typedef uintptr_t DWORD_PTR;
typedef ULONG_PTR SIZE_T;

typedef wchar_t WCHAR;
typedef CHAR* PSTR;
typedef CHAR* LPSTR;
typedef const CHAR* PCSTR;
typedef const CHAR* LPCSTR;
typedef WCHAR* PWSTR;
typedef WCHAR* LPWSTR;
typedef WCHAR* PWCHAR;
typedef const WCHAR* PCWSTR;
typedef const WCHAR* LPCWSTR;
#ifdef UNICODE
typedef WCHAR TCHAR;
typedef LPWSTR LPTSTR;
typedef LPCWSTR LPCTSTR;
#ifndef TEXT
#define TEXT(quote) L##quote
#endif
#else
typedef CHAR TCHAR;
typedef LPSTR LPTSTR;
typedef LPCSTR LPCTSTR;
#ifndef TEXT
#define TEXT(quote) quote
#endif
#endif

typedef INT_PTR(WINAPI* FARPROC)(void);

typedef union _LARGE_INTEGER {
  __extension__ struct {
    DWORD LowPart;
    LONG HighPart;
  };
  struct {
    DWORD LowPart;
    LONG HighPart;
  } u;
  LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

#ifndef TRUE
#define TRUE 1
#endif
#ifndef FALSE
#define FALSE 0
#endif

#define INVALID_HANDLE_VALUE ((HANDLE)(LONG_PTR) - 1)

#define MAKEWORD(low, high) ((WORD)(((BYTE)(low)) | ((WORD)((BYTE)(high))) << 8))
#define LOBYTE(word) ((BYTE)((word) & 0xff))
#define HIBYTE(word) ((BYTE)(((word) >> 8) & 0xff))
#define LOWORD(dword) ((WORD)((dword) & 0xffff))
#define HIWORD(dword) ((WORD)(((dword) >> 16) & 0xffff))

#ifdef __cplusplus
}
#endif

#endif
