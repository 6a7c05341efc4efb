// text_ping.hpp: a ping run as the text that scripts have been parsing for decades.
// Replies, errors, header and the two summary lines are iputils' to the letter (CLI.md, FIELD.md
// 3.4); what it has no word for stands only at the end of a line: (late) (DUP!) (truncated)
// (corrupt at byte 17: 0x11 instead of 0x10) (reordered) (unverified), and ", 1 late, 1 in flight"
// behind the first summary line. This is stdout; stderr's part is text_notes.hpp.
// ASCII except for names on a UTF-8 terminal. Writes whole lines; flush() brings them out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "sonde/report/clean_text.hpp"
#include "sonde/report/header_options_text.hpp"
#include "sonde/report/ping_summary.hpp"
#include "sonde/report/sink.hpp"
#include "sonde/report/wall_text.hpp"
#include "sonde/stats/listener.hpp"

namespace sonde::report {

struct TextPingOptions {
  bool quiet = false;    // header and summary alone
  bool flood = false;    // dots instead of lines
  bool bell = false;     // ring at each reply
  bool verbose = false;  // says (unverified) where a payload was too short for a token
  bool several = false;  // more than one target: time-outs name theirs
  PingSummaryOptions summary{};
  Stamps stamps = Stamps::none;
  UtcOffset utc_offset{};  // for Stamps::rfc3339; none: UTC
  Utf8Terminal utf8 = Utf8Terminal::no;
  // The header line: "from 192.0.2.9 eth0:" when the user chose a source or an interface.
  bool show_source = false;
  std::string interface{};
  std::optional<net::FlowLabel> flow_label{};  // IPv6
  std::uint32_t header_option_bytes = 0;       // IPv4 options in every probe (40 with -R, -T)
};

class TextPing final : public stats::Listener {
 public:
  TextPing(Sink& out, TextPingOptions options) : out_(out), options_(std::move(options)) {}

  void on_start(const stats::RunStart& start) override;
  void on_target(const stats::Target& target) override;
  void on_name(const net::Address& address, const Untrusted& name) override;
  void on_event(const probe::Event& event, const stats::TargetResult& after) override;
  void on_interim(Instant now, std::span<const stats::TargetResult> targets) override;
  void on_end(const stats::RunEnd& end, std::span<const stats::TargetResult> targets) override;
  void flush() override { out_.flush(); }

 private:
  static constexpr std::size_t kMaxNames = 4096;  // remembered reverse names

  void header_line(const stats::Target& target, const net::Address& address);
  void reply_line(const probe::Event& event);
  void error_line(const probe::Event& event);
  void timeout_line(const probe::Event& event, const stats::TargetResult& after);
  void flood_mark(const probe::Event& event);

  void stamp(Instant when);
  void suffixes(const probe::Event& event);
  void note(std::string_view text, Tone tone);
  void write_line();
  [[nodiscard]] std::string host(const stats::Target& target) const;
  [[nodiscard]] std::string who(const net::Address& responder) const;

  Sink& out_;
  TextPingOptions options_;
  stats::RunStart start_;
  std::set<std::uint32_t> headers_;  // targets whose header line is out
  std::map<std::uint32_t, HeaderOptionsText> header_options_;
  std::map<net::Address, std::string> names_;
  std::string line_;
};

}  // namespace sonde::report
