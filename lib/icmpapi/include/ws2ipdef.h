/* ws2ipdef.h: IPv6 addresses, and questions to them. */
#ifndef SONDE_WS2IPDEF_H
#define SONDE_WS2IPDEF_H

#include <winsock2.h>

#endif
