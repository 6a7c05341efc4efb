#include "sonde/resolve/name_hint.hpp"

#include "sonde/net/address.hpp"

namespace sonde::resolve {

std::string_view hint_of_unknown_name(std::string_view text) noexcept {
  const std::size_t percent = text.find('%');
  if (percent != std::string_view::npos && net::Address::parse(text.substr(0, percent))) {
    return "there is no such interface";
  }
  // No host's name has one of these (RFC 1123, section 2.1).
  if (text.find_first_of(":/[]") != std::string_view::npos) {
    return "give the host alone, without scheme, port, path or brackets";
  }
  return {};
}

}  // namespace sonde::resolve
