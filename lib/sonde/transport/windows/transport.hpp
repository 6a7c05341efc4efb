// transport.hpp: the Transport over Windows' echo calls (IcmpSendEcho2Ex, Icmp6SendEcho2).
// A completion belongs to its call, so no identifier or sequence is compared; the system has seen
// to that. What it reports is still judged: a reply must carry the probe's token and come from the
// address that was asked.
// Times are the steady clock's around the call and its completion. The API's own round-trip time,
// whole milliseconds, decides only where both cannot be true, because this process was held up
// (a suspended computer): then its upper end is taken, and the stamp says `api`.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "sonde/base/clock.hpp"
#include "sonde/base/random.hpp"
#include "sonde/probe/token.hpp"
#include "sonde/transport/matcher.hpp"
#include "sonde/transport/transport.hpp"
#include "sonde/transport/windows/echo.hpp"

namespace sonde::transport {

struct WindowsTransportConfig {
  bool v4 = false;  // families that were opened
  bool v6 = false;
  std::optional<net::Address> source{};
  bool dont_fragment = false;  // every probe
  SourceRule source_rule = SourceRule::must_match;
};

class WindowsTransport final : public Transport {
 public:
  // The system's timer ticks every 15.6 ms: its times and ours may be so much apart.
  static constexpr Duration kTick = 16ms;

  WindowsTransport(std::unique_ptr<EchoService> service, const WindowsTransportConfig& config,
                   const Clock& clock, Rng& rng);

  [[nodiscard]] Capabilities capabilities() const override;
  std::size_t send(std::span<const probe::ProbeSpec> specs,
                   std::span<probe::SendReport> reports) override;
  [[nodiscard]] std::size_t receive(std::span<probe::Observation> out) override;
  void wait(Instant until) override;
  void wake() noexcept override { service_->wake(); }
  [[nodiscard]] probe::RejectCounts rejects() const override { return rejects_; }

 private:
  [[nodiscard]] std::unique_ptr<EchoJob> job_of(const probe::ProbeSpec& spec);
  void observe(const EchoJob& job);

  std::unique_ptr<EchoService> service_;
  WindowsTransportConfig config_;
  const Clock* clock_;
  probe::TokenSealer sealer_;
  probe::RecentSends none_;  // the matcher's, who is only asked about probes that are known
  Matcher matcher_;
  probe::RejectCounts rejects_;
  std::vector<probe::Observation> ready_;  // not yet taken, from next_ on
  std::size_t next_ = 0;
};

}  // namespace sonde::transport
