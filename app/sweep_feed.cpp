#include "app/sweep_feed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "app/values.hpp"

namespace sonde::app {

namespace {

constexpr std::string_view kFull = "more than 4294967295 targets: the rest is not probed";

// The first address that may be probed; otherwise why not.
std::expected<net::Address, stats::TargetError> choose(const SweepPolicy& policy,
                                                       const resolve::ForwardAnswer& answer) {
  using Kind = stats::TargetError::Kind;
  if (!answer.addresses) {
    return std::unexpected(
        stats::TargetError{.kind = Kind::resolve, .message = answer.addresses.error().message});
  }
  std::string refusals;
  for (const net::Address& address : *answer.addresses) {
    const auto refusal = refuse(policy, {.first = address, .count = 1});
    if (!refusal) {
      return address;
    }
    refusals +=
        fmt::format("{}{}: {}", refusals.empty() ? "" : "; ", address.to_text(), refusal->message);
  }
  return std::unexpected(stats::TargetError{.kind = Kind::system, .message = std::move(refusals)});
}

}  // namespace

void SweepFeed::supply(net::AddressList& list, std::vector<run::NameAnswer>& answers,
                       Instant /*now*/, bool hungry) {
  std::ranges::move(early_, std::back_inserter(answers));
  early_.clear();
  take_answers(answers);
  if (!hungry) {
    // Later: those that are there come first.
  } else if (operand_ < parts_.operands.size()) {
    take_operands(list);
  } else if (!read_) {
    take_batch(list, answers);
  }
  ask_names(list);
}

bool SweepFeed::preload(net::AddressList& list, const std::atomic<bool>& stop) {
  while (!complete()) {
    if (stop) {
      return false;
    }
    if (operand_ < parts_.operands.size()) {
      take_operands(list);
    } else {
      parts_.reader->await();
      take_batch(list, early_);
    }
  }
  return true;
}

void SweepFeed::take_answers(std::vector<run::NameAnswer>& answers) {
  for (const resolve::ForwardAnswer& answer : parts_.resolver.take_forward()) {
    --asked_;
    answers.push_back({.index = answer.id, .address = choose(parts_.policy, answer)});
  }
}

void SweepFeed::take_operands(net::AddressList& list) {
  const std::size_t end = std::min(parts_.operands.size(), operand_ + kOperandsAtOnce);
  for (; operand_ < end; ++operand_) {
    const TargetText& target = parts_.operands[operand_];
    if (target.range) {
      add_addresses(target, *target.range, list);
    } else {
      add_name(target, list);
    }
  }
}

// A zone that was typed as a name stays one: the target is called what it was called.
void SweepFeed::add_addresses(const TargetText& target, const net::AddressRange& range,
                              net::AddressList& list) {
  const net::Address& first = range.first;
  if (target.several || first.zone() == 0 || first.to_text() == target.text) {
    add_range(range, list);
    return;
  }
  all_loopback_ = all_loopback_ && is_loopback(range);
  if (const auto index = list.append_name(target.text)) {
    list.set_address(*index, first);
  } else {
    stop_reading(std::string(kFull));
  }
}

void SweepFeed::take_batch(net::AddressList& list, std::vector<run::NameAnswer>& answers) {
  const auto batch = parts_.reader->take();
  if (!batch) {
    return;
  }
  for (const ReadTarget& read : batch->targets) {
    if (read_) {  // cut short
      return;
    }
    add_read(read, list, answers);
  }
  if (batch->error) {
    stop_reading(*batch->error, ExitCode::system);
  }
  read_ = read_ || batch->last;
}

void SweepFeed::add_read(const ReadTarget& read, net::AddressList& list,
                         std::vector<run::NameAnswer>& answers) {
  const TargetText& target = read.target;
  if (read.bad) {
    add_failed(target.text, *read.bad, list, answers);
  } else if (!target.range) {
    add_name(target, list);
  } else if (const auto refusal = refuse(parts_.policy, *target.range)) {
    add_failed(
        target.text,
        fmt::format("{}:{}: {}: {}{}{}", parts_.reader->name(), read.line, in_quotes(target.text),
                    refusal->message, refusal->hint.empty() ? "" : "; ", refusal->hint),
        list, answers);
  } else {
    add_addresses(target, *target.range, list);
  }
}

void SweepFeed::add_range(const net::AddressRange& range, net::AddressList& list) {
  all_loopback_ = all_loopback_ && is_loopback(range);
  if (!all_loopback_) {
    if (const auto refusal = refuse_many(parts_.policy, list.size() + range.count)) {
      stop_reading(fmt::format("{}; {}", refusal->message, refusal->hint));
      return;
    }
  }
  if (!list.append(range.first, range.count)) {
    stop_reading(std::string(kFull));
  }
}

void SweepFeed::add_name(const TargetText& target, net::AddressList& list) {
  all_loopback_ = false;
  if (const auto refusal = refuse_many(parts_.policy, list.size() + 1)) {
    stop_reading(fmt::format("{}; {}", refusal->message, refusal->hint));
    return;
  }
  if (const auto index = list.append_name(target.text)) {
    waiting_.push_back(*index);
  } else {
    stop_reading(std::string(kFull));
  }
}

void SweepFeed::add_failed(const std::string& text, std::string message, net::AddressList& list,
                           std::vector<run::NameAnswer>& answers) {
  const auto index = list.append_name(text);
  if (!index) {
    stop_reading(std::string(kFull));
    return;
  }
  answers.push_back(
      {.index = *index,
       .address = std::unexpected(stats::TargetError{.kind = stats::TargetError::Kind::system,
                                                     .message = std::move(message)})});
}

void SweepFeed::ask_names(const net::AddressList& list) {
  while (!waiting_.empty() && asked_ < kNamesAtOnce) {
    const std::uint32_t index = waiting_.front();
    waiting_.pop_front();
    if (list.at(index)) {  // known from an earlier run
      continue;
    }
    ++asked_;
    parts_.resolver.forward(index, std::string(list.name(index)), parts_.family, kPatience);
  }
}

// What was taken so far is probed; the exit code and one line tell that it was not everything.
void SweepFeed::stop_reading(std::string why, ExitCode code) {
  read_ = true;
  operand_ = parts_.operands.size();
  parts_.complain(why);
  cut_short_ = CutShort{.why = std::move(why), .code = code};
}

}  // namespace sonde::app
