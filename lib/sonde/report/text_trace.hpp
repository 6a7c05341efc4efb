// text_trace.hpp: a trace as the text that scripts have been parsing for decades: traceroute's
// header and hop lines to the letter (CLI.md, FIELD.md 3.4).
//   traceroute to HOST (ADDR), 30 hops max, 60 byte packets
//    1  name (addr)  0.137 ms  0.108 ms  0.102 ms
//    2  * * *
// "*" was not answered in time, "?" is a probe of which nothing is known (the run was stopped, or
// this computer did not send it). A hop is printed when it and all before it are complete, and the
// names of its responders are known or kNamePatience has passed: what comes later is in the machine
// formats alone. With several flows the answers of a hop stand together by responder, and each way
// has a line at the end. Several targets follow one another in the order they were given.
// Behind the hops, a line each, only what needs saying: why the destination was not reached, the
// path MTU, a NAT, a changed TOS. No such line begins with a blank or a digit.
// This is stdout; stderr's part is text_notes.hpp and trace_progress.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "sonde/report/clean_text.hpp"
#include "sonde/report/path_words.hpp"
#include "sonde/report/sink.hpp"
#include "sonde/report/wall_text.hpp"
#include "sonde/stats/listener.hpp"

namespace sonde::report {

struct TextTraceOptions {
  bool numeric = false;  // addresses alone
  ExtensionDetail detail = ExtensionDetail::labels;
  bool back = false;  // estimate the way back
  bool colour = false;
  Stamps stamps = Stamps::none;
  UtcOffset utc_offset{};  // for Stamps::rfc3339; none: UTC
  Utf8Terminal utf8 = Utf8Terminal::no;
  std::size_t columns = 0;  // of the terminal, to fold longer lines; 0: there is none
};

class TextTrace final : public stats::Listener {
 public:
  static constexpr Duration kNamePatience = 1s;

  TextTrace(Sink& out, TextTraceOptions options) : out_(out), options_(std::move(options)) {}

  void on_start(const stats::RunStart& start) override { start_ = start; }
  void on_target(const stats::Target& target) override;
  void on_name(const net::Address& address, const Untrusted& name) override;
  void on_event(const probe::Event& event, const stats::TargetResult& after) override;
  void on_interim(Instant now, std::span<const stats::TargetResult> targets) override;
  void on_end(const stats::RunEnd& end, std::span<const stats::TargetResult> targets) override;
  [[nodiscard]] std::optional<Instant> wake_at() const override { return wake_at_; }
  void on_time(Instant now, std::span<const stats::TargetResult> targets) override;
  void flush() override { out_.flush(); }

 private:
  enum class Progress : std::uint8_t { waits, finished };

  // Prints what of the target can be printed by now.
  Progress advance(const stats::TargetResult& result, Instant now);
  [[nodiscard]] bool may_print(const stats::Hop& hop, const stats::PathStats& path, Instant now);
  void rest_of(const stats::TargetResult& result);
  void header_line(const stats::Target& target, const net::Address& address);
  void hop_line(const stats::Hop& hop, const net::Address& destination);
  [[nodiscard]] std::string who(const net::Address& responder) const;
  [[nodiscard]] std::string host(const stats::Target& target) const;
  void write_line();
  void write_notes(const stats::TargetResult& result);

  Sink& out_;
  TextTraceOptions options_;
  stats::RunStart start_;
  std::map<net::Address, std::optional<std::string>> names_;  // empty: it has none
  std::optional<Instant> wake_at_;
  Instant now_{};
  std::size_t target_ = 0;  // the one that is being printed
  bool header_ = false;     // its header is out
  net::Ttl printed_{0};     // its last hop that is out
  net::Mtu mtu_{0};         // that was printed last
  std::string line_;
};

}  // namespace sonde::report
