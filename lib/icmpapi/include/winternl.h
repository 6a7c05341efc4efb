/* winternl.h: the completion routine of asynchronous requests and what it is told. */
#ifndef SONDE_WINTERNL_H
#define SONDE_WINTERNL_H

#include <windef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef LONG NTSTATUS;
typedef NTSTATUS* PNTSTATUS;

#ifndef STATUS_SUCCESS
#define STATUS_SUCCESS ((NTSTATUS)0)
#endif
#define NT_SUCCESS(status) (((NTSTATUS)(status)) >= 0)

/* Status 0; Information: bytes of the reply buffer that are in use. */
typedef struct _IO_STATUS_BLOCK {
  __extension__ union {
    NTSTATUS Status;
    PVOID Pointer;
  };
  ULONG_PTR Information;
} IO_STATUS_BLOCK, *PIO_STATUS_BLOCK;

typedef VOID(NTAPI* PIO_APC_ROUTINE)(PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                     ULONG Reserved);

#ifdef __cplusplus
}
#endif

#endif
