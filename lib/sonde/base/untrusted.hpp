// untrusted.hpp: text that somebody on the network chose (reverse names, interface names).
// It can be stored and moved, but only report/clean_text.hpp may unwrap it, for a given sink, so
// that no control byte can reach a terminal or a file by an oversight.
#pragma once

#include <string>
#include <utility>

namespace sonde {

class Untrusted {
 public:
  Untrusted() = default;
  explicit Untrusted(std::string raw) : raw_(std::move(raw)) {}
  [[nodiscard]] bool empty() const noexcept { return raw_.empty(); }
  // For report/clean_text and equality only.
  [[nodiscard]] const std::string& raw() const noexcept { return raw_; }
  friend bool operator==(const Untrusted&, const Untrusted&) = default;

 private:
  std::string raw_;
};

}  // namespace sonde
