#include "sonde/probe/recent_sends.hpp"

namespace sonde::probe {
namespace {

constexpr std::size_t kMaxSteps = 64;  // of open addressing, before a slot is taken over
constexpr std::size_t kIndexPerRecord = 2;

bool is_group(const net::Address& destination) noexcept {
  return destination.is_multicast() || destination.is_broadcast();
}

// Groups share a key: whoever answers, only the sequence is known. Sequences of one host lie side
// by side in the index, as they do in the cache.
std::uint64_t key_of(const net::Address& destination, net::IcmpSeq seq) noexcept {
  constexpr std::uint64_t kSpread = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio
  constexpr int kHighBits = 32;  // the multiplication leaves its best bits on top
  const std::uint64_t host = is_group(destination) ? 0 : destination.hash();
  return ((host * kSpread) >> kHighBits) + seq.value;
}

}  // namespace

RecentSends::RecentSends() : ring_(kInitial), index_(kInitial * kIndexPerRecord) {}

std::size_t RecentSends::slot(std::uint64_t key, std::size_t step) const noexcept {
  // Odd, so that it reaches every slot, and far, so that the runs of two hosts part at once.
  constexpr std::uint64_t kStride = 2654435769;  // 2^32 / golden ratio
  return (key + step * kStride) & (index_.size() - 1);
}

std::uint64_t RecentSends::add(const SentProbe& sent) {
  if (next_ >= ring_.size() && ring_.size() < kMax &&
      sent.at - ring_[next_ % ring_.size()].at < kRemember) {
    grow();
  }
  const std::uint64_t number = next_++;
  ring_[number % ring_.size()] = sent;
  index(number);
  return number;
}

const SentProbe* RecentSends::by_number(std::uint64_t number) const noexcept {
  const bool remembered = number >= first_ && number < next_ && next_ - number <= ring_.size();
  return remembered ? &ring_[number % ring_.size()] : nullptr;
}

const SentProbe* RecentSends::find(const net::Address& destination,
                                   net::IcmpSeq seq) const noexcept {
  return lookup(key_of(destination, seq), &destination, seq);
}

const SentProbe* RecentSends::find_group(net::IcmpSeq seq) const noexcept {
  return lookup(key_of(net::Address::v4(~0U), seq), nullptr, seq);
}

// A null destination stands for any group.
const SentProbe* RecentSends::lookup(std::uint64_t key, const net::Address* destination,
                                     net::IcmpSeq seq) const noexcept {
  const SentProbe* newest = nullptr;
  std::uint64_t newest_number = 0;
  for (std::size_t step = 0; step < kMaxSteps; ++step) {
    const std::uint64_t entry = index_[slot(key, step)];
    if (entry == 0) {
      break;  // slots are never freed, so nothing lies behind a free one
    }
    const SentProbe* sent = by_number(entry - 1);
    const bool same = sent != nullptr && sent->seq == seq &&
                      (destination != nullptr ? sent->destination.same_host(*destination)
                                              : is_group(sent->destination));
    if (same && destination != nullptr && !is_group(*destination)) {
      return sent;  // index() put it where an older one of its kind was
    }
    if (same && entry > newest_number) {
      newest = sent;
      newest_number = entry;
    }
  }
  return newest;
}

void RecentSends::index(std::uint64_t number) noexcept {
  const SentProbe& sent = ring_[number % ring_.size()];
  const std::uint64_t key = key_of(sent.destination, sent.seq);
  std::size_t oldest = slot(key, 0);
  for (std::size_t step = 0; step < kMaxSteps; ++step) {
    const std::size_t at = slot(key, step);
    const SentProbe* const there = index_[at] == 0 ? nullptr : by_number(index_[at] - 1);
    if (there == nullptr ||
        (there->seq == sent.seq && there->destination.same_host(sent.destination))) {
      oldest = at;
      break;
    }
    if (index_[at] < index_[oldest]) {
      oldest = at;
    }
  }
  index_[oldest] = number + 1;
}

void RecentSends::grow() {
  const std::size_t old_size = ring_.size();
  std::vector<SentProbe> larger(old_size * 2);
  for (std::uint64_t n = next_ - old_size; n < next_; ++n) {
    larger[n % larger.size()] = ring_[n % old_size];
  }
  ring_ = std::move(larger);
  first_ = next_ - old_size;
  index_.assign(ring_.size() * kIndexPerRecord, 0);
  for (std::uint64_t n = first_; n < next_; ++n) {
    index(n);
  }
}

}  // namespace sonde::probe
