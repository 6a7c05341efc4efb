// kernel_abi.hpp: numbers of the Linux socket interface that older C library headers do not have,
// or that their headers define in a way that depends on the width of time_t.
// Source: include/uapi/{asm-generic/socket.h, linux/in.h, linux/in6.h, linux/icmp.h}.
#pragma once

namespace sonde::transport {

inline constexpr int kTimestampingOld = 37;    // SO_TIMESTAMPING_OLD: two longs a stamp
inline constexpr int kTimestampingNew = 65;    // SO_TIMESTAMPING_NEW: two 64-bit words a stamp, 5.1
inline constexpr int kMemoryInformation = 55;  // SO_MEMINFO: sk_meminfo's words, 4.12
inline constexpr int kMemoryInformationWords = 9;
inline constexpr int kMemoryInformationOnTheirWay = 2;  // SK_MEMINFO_WMEM_ALLOC
inline constexpr int kMemoryInformationDrops = 8;       // SK_MEMINFO_DROPS
inline constexpr int kIpv4ErrorExtensions = 26;         // IP_RECVERR_RFC4884, 5.9
inline constexpr int kIpv6ErrorExtensions = 31;         // IPV6_RECVERR_RFC4884, 5.9
inline constexpr int kIpv4UnicastInterface = 50;        // IP_UNICAST_IF, 3.4
inline constexpr int kIpv6UnicastInterface = 76;        // IPV6_UNICAST_IF, 3.4
inline constexpr int kIcmpFilter = 1;                   // ICMP_FILTER, level SOL_RAW
inline constexpr int kIpv6DontFragment = 62;            // IPV6_DONTFRAG
inline constexpr int kFlowLabelManager = 32;            // IPV6_FLOWLABEL_MGR
inline constexpr int kFlowInfoSend = 33;                // IPV6_FLOWINFO_SEND

}  // namespace sonde::transport
