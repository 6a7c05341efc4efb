// path_shape.hpp: what a trace knows of one path so far, from the answers of its hops: how far the
// destination is, how far anybody answered, and up to which TTL asking can still matter.
// Judged anew with every answer; nothing in it is final before the trace ends. Used by trace_path.
// Pure; no allocation after the constructor.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sonde/base/time.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/probe/observation.hpp"
#include "sonde/probe/path.hpp"

namespace sonde::engine {

// What an answer says of the path.
enum class PathAnswer : std::uint8_t {
  none,     // nothing: no answer, or a word of our own system
  passing,  // time exceeded: the packet was on its way
  refused,  // unreachable, too big, a header nobody takes: it goes no further
  arrived,  // the destination's own (probe::arrived)
};

[[nodiscard]] PathAnswer path_answer(const net::Address& destination,
                                     const probe::Observation& seen) noexcept;

// One answer to a probe, as the path sees it.
struct HopAnswer {
  PathAnswer kind = PathAnswer::none;
  net::Address responder{};
  std::optional<net::Ttl> ttl{};  // of the answering packet
  Duration rtt{};
};

// One TTL.
struct HopShape {
  std::uint32_t asked = 0;    // probes handed out, of all flows; again after a failure not counted
  std::uint32_t out = 0;      // those without an outcome
  std::uint32_t answers = 0;  // of any kind but none
  bool passing = false;
  bool refused = false;
  bool arrived = false;
  bool several = false;  // more than one responder
  net::Address responder{};
  std::optional<net::Ttl> reply_ttl{};
  Duration longest{};  // RTT
};

struct TtlRange {
  net::Ttl first;
  net::Ttl last;
};

// How far other flows to the same destination got.
struct OthersEnd {
  net::Ttl ttl{};
  bool arrived = false;  // the destination answered them there; false: somebody refuses
  friend constexpr bool operator==(const OthersEnd&, const OthersEnd&) = default;
};

class PathShape {
 public:
  // `gap`: silent hops in a row that end a path; 0: none do.
  PathShape(const net::Address& destination, TtlRange range, std::uint8_t gap);

  [[nodiscard]] HopShape& at(net::Ttl ttl) noexcept {
    return hops_[std::size_t{ttl.value} - first_];
  }
  [[nodiscard]] const HopShape& at(net::Ttl ttl) const noexcept {
    return hops_[std::size_t{ttl.value} - first_];
  }
  [[nodiscard]] std::span<const HopShape> hops() const noexcept { return hops_; }
  [[nodiscard]] net::Ttl first() const noexcept { return within(first_); }
  [[nodiscard]] net::Ttl last() const noexcept { return within(last_); }

  void add(net::Ttl ttl, const HopAnswer& answer);
  // A hop's answers are to be counted again, as one was replaced.
  void forget(net::Ttl ttl) noexcept;
  // Judges anew; call after answers were added, or probes were given up.
  void judge() noexcept;
  // A flow is asked no further than others got, before it is known to go on behind that; and not
  // behind where they arrive, unless it does. Judges anew.
  void compare(const std::optional<OthersEnd>& others) noexcept;

  // The nearest TTL at which the destination answered.
  [[nodiscard]] std::optional<net::Ttl> distance() const noexcept { return distance_; }
  // The nearest TTL at which all are refused, and nothing is known to get further. Some hops behind
  // it are asked once all the same: a load balancer may send the next packet another way. All are,
  // if one was seen to do so.
  [[nodiscard]] std::optional<net::Ttl> refused_at() const noexcept { return refused_at_; }
  // Where a loop was shown; asking further shows nothing new.
  [[nodiscard]] std::optional<net::Ttl> looped_at() const noexcept { return looped_at_; }
  // The farthest hop that answered.
  [[nodiscard]] std::optional<net::Ttl> answered() const noexcept { return answered_; }
  // The longest RTT of all hops.
  [[nodiscard]] Duration longest() const noexcept { return longest_; }

  // The last hop whose first query, or whose further ones, may be asked now.
  [[nodiscard]] net::Ttl first_query_limit() const noexcept { return first_limit_; }
  [[nodiscard]] net::Ttl query_limit() const noexcept { return limit_; }
  // The last hop that belongs to the path, as things stand.
  [[nodiscard]] net::Ttl end() const noexcept { return end_; }
  // How the path would end, as things stand.
  [[nodiscard]] probe::PathEnd path_end() const noexcept;

 private:
  [[nodiscard]] unsigned reach() const noexcept {
    return answered_ ? answered_->value : first_ - 1;
  }
  [[nodiscard]] bool silent_behind(unsigned ttl) const noexcept;
  [[nodiscard]] bool asked_once() const noexcept;
  [[nodiscard]] bool follows_others() const noexcept;
  [[nodiscard]] bool divided(net::Ttl until) const noexcept;
  [[nodiscard]] net::Ttl within(unsigned ttl) const noexcept;
  void judge_hops() noexcept;
  void judge_limits() noexcept;

  net::Address destination_;
  unsigned first_;
  unsigned last_;
  unsigned gap_;
  std::vector<HopShape> hops_;
  std::optional<net::Ttl> distance_{};
  std::optional<net::Ttl> refused_at_{};
  std::optional<net::Ttl> looped_at_{};
  std::optional<net::Ttl> answered_{};
  Duration longest_{};
  std::optional<OthersEnd> others_{};
  net::Ttl first_limit_;
  net::Ttl limit_;
  net::Ttl end_;
};

}  // namespace sonde::engine
