/* inaddr.h: struct in_addr as winsock2.h shapes it. */
#ifndef SONDE_INADDR_H
#define SONDE_INADDR_H

#include <winsock2.h>

#endif
