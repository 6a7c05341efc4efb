// privilege.hpp: capabilities that are permitted, made effective for as long as they are needed
// (files installed with cap_net_raw=p; capabilities(7)). What was effective before stays so.
// Of the calling thread. Never fails: without the right to, nothing is raised.
#pragma once

#include <cstdint>

namespace sonde::transport {

class RaisedPrivilege {
 public:
  RaisedPrivilege() noexcept;  // CAP_NET_RAW and CAP_NET_ADMIN
  ~RaisedPrivilege();
  RaisedPrivilege(const RaisedPrivilege&) = delete;
  RaisedPrivilege& operator=(const RaisedPrivilege&) = delete;
  RaisedPrivilege(RaisedPrivilege&&) = delete;
  RaisedPrivilege& operator=(RaisedPrivilege&&) = delete;

  // CAP_NET_RAW is effective now.
  [[nodiscard]] bool raw_sockets() const noexcept { return raw_sockets_; }

 private:
  std::uint32_t raised_ = 0;  // bits to lower again
  bool raw_sockets_ = false;
};

}  // namespace sonde::transport
