#include "sonde/probe/recent_sends.hpp"

#include <algorithm>

namespace sonde::probe {
namespace {

constexpr std::size_t kMaxSteps = 64;  // of open addressing, before a slot is taken over
constexpr std::size_t kIndexPerRecord = 2;

bool is_group(const net::Address& destination) noexcept {
  return destination.is_multicast() || destination.is_broadcast();
}

// Groups share a key: whoever answers, only the sequence is known.
std::uint64_t key_of(const net::Address& destination, net::IcmpSeq seq) noexcept {
  constexpr std::uint64_t kSpread = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio
  const std::uint64_t host = is_group(destination) ? 0 : destination.hash();
  return (host ^ seq.value) * kSpread;
}

}  // namespace

RecentSends::RecentSends(std::size_t most) : most_(most), ring_(kInitial) {}

const SentProbe* RecentSends::by_number(std::uint64_t number) const noexcept {
  const bool remembered = number >= first_ && number < next_ && next_ - number <= ring_.size();
  return remembered ? &at(number) : nullptr;
}

const SentProbe* RecentSends::find(const net::Address& destination, net::IcmpSeq seq) {
  const SentProbe* const guess = by_number(likely_);
  if (guess != nullptr && guess->seq == seq && guess->destination.same_host(destination)) {
    ++likely_;
    return guess;
  }
  return lookup(key_of(destination, seq), [&](const SentProbe& sent) {
    return sent.seq == seq && sent.destination.same_host(destination);
  });
}

const SentProbe* RecentSends::find_group(net::IcmpSeq seq) {
  return lookup(key_of(net::Address::v4(~0U), seq), [&](const SentProbe& sent) {
    return sent.seq == seq && is_group(sent.destination);
  });
}

std::size_t RecentSends::slot(std::uint64_t key, std::size_t step) const noexcept {
  constexpr int kHighBits = 32;  // the multiplication leaves its best bits on top
  return ((key >> kHighBits) + step) & (index_.size() - 1);
}

// The newest send under this key that `fits`.
template <typename Fits>
const SentProbe* RecentSends::lookup(std::uint64_t key, Fits fits) {
  update_index();
  std::uint64_t newest = 0;  // number + 1
  for (std::size_t step = 0; step < kMaxSteps; ++step) {
    const std::uint64_t entry = index_[slot(key, step)];
    if (entry == 0) {
      break;  // slots are never freed, so nothing lies behind a free one
    }
    const SentProbe* const sent = by_number(entry - 1);
    if (sent != nullptr && fits(*sent)) {
      newest = std::max(newest, entry);
    }
  }
  if (newest == 0) {
    return nullptr;
  }
  likely_ = newest;  // the one behind it
  return &at(newest - 1);
}

// Brings in what was sent since the last look-up that the guess did not answer.
void RecentSends::update_index() {
  if (index_.size() != ring_.size() * kIndexPerRecord) {
    index_.assign(ring_.size() * kIndexPerRecord, 0);
    indexed_ = first_;
  }
  const std::uint64_t oldest = next_ > ring_.size() ? next_ - ring_.size() : 0;
  for (indexed_ = std::max({indexed_, first_, oldest}); indexed_ < next_; ++indexed_) {
    index(indexed_);
  }
}

void RecentSends::index(std::uint64_t number) noexcept {
  const SentProbe& sent = at(number);
  const std::uint64_t key = key_of(sent.destination, sent.seq);
  std::size_t oldest = slot(key, 0);
  for (std::size_t step = 0; step < kMaxSteps; ++step) {
    const std::size_t candidate = slot(key, step);
    if (index_[candidate] == 0 || by_number(index_[candidate] - 1) == nullptr) {
      oldest = candidate;
      break;
    }
    if (index_[candidate] < index_[oldest]) {
      oldest = candidate;
    }
  }
  index_[oldest] = number + 1;
}

void RecentSends::grow() {
  const std::size_t old_size = ring_.size();
  std::vector<SentProbe> larger(old_size * 2);
  first_ = std::max(first_, next_ - old_size);
  for (std::uint64_t n = first_; n < next_; ++n) {
    larger[n & (larger.size() - 1)] = at(n);
  }
  ring_ = std::move(larger);
}

}  // namespace sonde::probe
