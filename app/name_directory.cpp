#include "app/name_directory.hpp"

#include <algorithm>
#include <utility>

#include "app/reverse_names.hpp"

namespace sonde::app {

std::vector<stats::Target> unresolved_targets(const RunPlan& plan) {
  std::vector<stats::Target> targets;
  targets.reserve(plan.targets.size());
  for (const PlannedTarget& planned : plan.targets) {
    targets.push_back({.id = static_cast<std::uint32_t>(targets.size()),
                       .input = planned.input,
                       .address = std::nullopt,
                       .name = std::nullopt,
                       .source = std::nullopt,
                       .label = std::nullopt,
                       .error = std::nullopt});
  }
  return targets;
}

AddressChoice choose_address(const TargetPolicy& policy, const std::vector<net::Address>& addresses,
                             const SourceOf& source_of, const HostCount& others) {
  AddressChoice choice;
  for (const net::Address& address : addresses) {
    if (const auto refusal = refuse(policy, address, others.of(address) + 1)) {
      choice.refusals += choice.refusals.empty() ? "" : "; ";
      choice.refusals += address.to_text() + ": " + refusal->message;
      choice.refusals += refusal->hint.empty() ? "" : " (" + refusal->hint + ")";
    } else if (const auto source = source_of(address)) {
      choice.address = address;
      choice.source = source;
      return choice;
    } else if (!choice.address) {
      choice.address = address;
    }
  }
  return choice;
}

NameDirectory::NameDirectory(const RunPlan& plan, resolve::Resolver* resolver, SourceOf source_of)
    : policy_(plan.policy),
      resolver_(resolver),
      source_of_(std::move(source_of)),
      hosts_(count_hosts(plan.targets)),
      targets_(unresolved_targets(plan)),
      left_(targets_.size()) {
  const Duration patience = std::min(kPatience, plan.run.deadline.value_or(kPatience));
  for (stats::Target& target : targets_) {
    target.address = plan.targets[target.id].address;
    if (target.address) {
      target.source = source_of_(*target.address);
      ready_.push_back(target.id);
    } else if (resolver_ != nullptr) {
      resolver_->forward(target.id, target.input, plan.family, patience);
    }
  }
}

std::vector<stats::Target> NameDirectory::take_targets(Instant /*now*/) {
  if (resolver_ != nullptr) {
    for (const resolve::ForwardAnswer& answer : resolver_->take_forward()) {
      settle(answer);
    }
  }
  std::ranges::sort(ready_);  // side by side, in the order of the command line
  std::vector<stats::Target> taken;
  for (const std::uint32_t id : std::exchange(ready_, {})) {
    taken.push_back(targets_[id]);
  }
  left_ -= taken.size();
  return taken;
}

void NameDirectory::settle(const resolve::ForwardAnswer& answer) {
  stats::Target& target = targets_.at(answer.id);
  ready_.push_back(answer.id);
  if (!answer.addresses) {
    target.error = {.kind = stats::TargetError::Kind::resolve,
                    .message = answer.addresses.error().message};
    return;
  }
  AddressChoice choice = choose_address(policy_, *answer.addresses, source_of_, hosts_);
  target.address = choice.address;
  target.source = choice.source;
  if (target.address) {
    hosts_.add(*target.address);
  } else {
    target.error = {.kind = stats::TargetError::Kind::system,
                    .message = std::move(choice.refusals)};
  }
}

void NameDirectory::want_name(const net::Address& address) {
  if (resolver_ != nullptr) {
    resolver_->reverse(address);
  }
}

std::vector<run::NamedAddress> NameDirectory::take_names() {
  return resolver_ != nullptr ? ReverseNames(*resolver_).take_names()
                              : std::vector<run::NamedAddress>();
}

std::optional<Instant> NameDirectory::deadline() const {
  return resolver_ == nullptr ? std::nullopt : resolver_->deadline();
}

}  // namespace sonde::app
