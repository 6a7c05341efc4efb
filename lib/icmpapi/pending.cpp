#include "icmpapi/pending.hpp"

#include <algorithm>
#include <mutex>
#include <new>

namespace sonde::icmpapi {

Outbound::Outbound(const probe::ProbeSpec& spec) noexcept
    : destination_(spec.destination),
      ttl_(spec.ip.ttl),
      tos_(spec.ip.tos),
      dont_fragment_(spec.ip.dont_fragment),
      options_size_(static_cast<std::uint8_t>(spec.ip.header_options.bytes().size())),
      payload_size_(static_cast<std::uint16_t>(spec.payload.size())) {}

std::unique_ptr<Outbound> Outbound::make(const probe::ProbeSpec& spec) {
  const Bytes options = spec.ip.header_options.bytes();
  void* const memory = ::operator new(sizeof(Outbound) + options.size() + spec.payload.size());
  auto* const tail = static_cast<std::byte*>(memory) + sizeof(Outbound);
  std::ranges::copy(spec.payload, std::ranges::copy(options, tail).out);
  return std::unique_ptr<Outbound>(new (memory) Outbound(spec));
}

Bytes Outbound::tail() const noexcept {
  return {reinterpret_cast<const std::byte*>(this) + sizeof(Outbound),
          std::size_t{options_size_} + payload_size_};
}

probe::IpOptions Outbound::ip() const noexcept {
  return {
      .ttl = ttl_,
      .tos = tos_,
      .dont_fragment = dont_fragment_,
      .header_options =
          probe::HeaderOptions::from(tail().first(options_size_)).value_or(probe::HeaderOptions{})};
}

probe::ProbeSpec Outbound::spec(std::uint64_t sequence) const noexcept {
  return {.id = {.target = 0, .sequence = sequence},
          .destination = destination_,
          .ip = ip(),
          .payload = tail().subspan(options_size_),
          .authenticate = false,
          .compare = false};  // the payload ends with the sending
}

void announce(Completion& completion, std::size_t bytes) noexcept {
  const std::scoped_lock lock(process().mutex);
  if (completion.routine.empty()) {
    set_event(*static_cast<Event*>(completion.listener.get()));
  } else {
    completion.routine.front().bytes = bytes;
    Thread& thread = *static_cast<Thread*>(completion.listener.get());
    thread.routines.splice(thread.routines.end(), completion.routine);
    thread.changed.notify_one();
  }
  leave(*completion.file);
}

void finish(PendingEcho& pending, std::span<const Answer> answers, probe::Status none) noexcept {
  const ReplyBuffer::Written written = pending.buffer.write(answers, none, true);
  announce(pending.completion, written.bytes);
}

}  // namespace sonde::icmpapi
