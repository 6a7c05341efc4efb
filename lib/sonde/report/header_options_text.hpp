// header_options_text.hpp: what a reply's IPv4 header options say, as ping -R and -T print it.
// Record route (RFC 791, type 7) and Internet timestamp (type 68); others are left out. A route
// equal to the last one of this target is "(same route)". Bytes from the network: read through
// Reader, a malformed option ends the list.
#pragma once

#include <string>

#include "sonde/base/bytes.hpp"

namespace sonde::report {

class HeaderOptionsText {
 public:
  // What follows the reply's line: "" or a text that begins with '\n' or '\t'.
  [[nodiscard]] std::string after_reply(Bytes options);

 private:
  [[nodiscard]] std::string route(Bytes data);
  std::string last_route_;
};

}  // namespace sonde::report
