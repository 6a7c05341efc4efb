// route.hpp: the source address that the system would take for a destination, which is also to say
// whether it has a route there. Asked by connecting a UDP socket that is set up as those of the
// probes are (source, interface, mark, bypassed routing), so that policy routing treats them alike:
// no packet leaves. What needs a privilege is done when the object is made.
#pragma once

#include <memory>
#include <optional>

#include "sonde/net/address.hpp"
#include "sonde/transport/open.hpp"

namespace sonde::transport {

class RouteAsker {
 public:
  explicit RouteAsker(const OpenOptions& options);
  RouteAsker(RouteAsker&& other) noexcept;
  RouteAsker& operator=(RouteAsker&& other) noexcept;
  RouteAsker(const RouteAsker&) = delete;
  RouteAsker& operator=(const RouteAsker&) = delete;
  ~RouteAsker();

  // nullopt: no route, or the options do not go with this family.
  [[nodiscard]] std::optional<net::Address> source_for(const net::Address& destination);

 private:
  struct Sockets;
  std::unique_ptr<Sockets> sockets_;
};

}  // namespace sonde::transport
