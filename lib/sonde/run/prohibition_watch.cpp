#include "sonde/run/prohibition_watch.hpp"

namespace sonde::run {
namespace {

using probe::SweepEventKind;

// Numbers of RFC 792, 1812 and 4443; the codecs are not this layer's to see.
constexpr std::uint8_t kUnreachable4 = 3;
constexpr std::uint8_t kNetProhibited = 9;
constexpr std::uint8_t kHostProhibited = 10;
constexpr std::uint8_t kCommunicationProhibited = 13;
constexpr std::uint8_t kUnreachable6 = 1;
constexpr std::uint8_t kProhibited6 = 1;

bool is_answer(SweepEventKind kind) noexcept {
  return kind == SweepEventKind::reply || kind == SweepEventKind::late ||
         kind == SweepEventKind::error;
}

}  // namespace

bool is_prohibition(const probe::Observation& seen) noexcept {
  if (seen.kind != probe::ObservationKind::icmp_error) {
    return false;
  }
  if (seen.responder.is_v6()) {
    return seen.icmp.type == kUnreachable6 && seen.icmp.code == kProhibited6;
  }
  return seen.icmp.type == kUnreachable4 &&
         (seen.icmp.code == kNetProhibited || seen.icmp.code == kHostProhibited ||
          seen.icmp.code == kCommunicationProhibited);
}

bool ProhibitionWatch::too_many(const probe::SweepEvent& event) {
  if (!is_answer(event.kind) || (looks_from_ && event.at < *looks_from_)) {
    return false;
  }
  ++answers_;
  if (event.observation != nullptr && is_prohibition(*event.observation)) {
    ++prohibited_;
  }
  if (answers_ < kWindow) {
    return false;
  }
  const bool yes = prohibited_ * kShare > answers_;
  answers_ = 0;
  prohibited_ = 0;
  if (yes) {
    looks_from_ = event.at + kPause;
  }
  return yes;
}

}  // namespace sonde::run
