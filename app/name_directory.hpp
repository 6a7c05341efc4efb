// name_directory.hpp: the run::Directory of the program: targets as typed, their addresses from
// the resolver, names of responders on request. The first address that the policy lets through and
// that has a route is taken, which is the family fallback: one that cannot be sent to is passed
// over. If none has a route, the first one is taken and its sends will say why they fail.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/run_plan.hpp"
#include "app/target_policy.hpp"
#include "sonde/resolve/resolver.hpp"
#include "sonde/run/directory.hpp"

namespace sonde::app {

// The source address that the system would send from; nullopt: no route.
using SourceOf = std::function<std::optional<net::Address>(const net::Address&)>;

struct AddressChoice {
  std::optional<net::Address> address;  // absent: none may be aimed at, `refusals` says why
  std::optional<net::Address> source;   // absent: no route
  std::string refusals;
};

// `others`: the targets whose address is known already.
[[nodiscard]] AddressChoice choose_address(const TargetPolicy& policy,
                                           const std::vector<net::Address>& addresses,
                                           const SourceOf& source_of, const HostCount& others = {});

class NameDirectory final : public run::Directory {
 public:
  static constexpr Duration kPatience = 5s;  // for a name, unless the run ends earlier

  // Look-ups start here. `resolver` outlives the directory; nullptr: no target is a name and no
  // names are wanted.
  NameDirectory(const RunPlan& plan, resolve::Resolver* resolver, SourceOf source_of);

  [[nodiscard]] std::vector<stats::Target> take_targets(Instant now) override;
  [[nodiscard]] bool all_targets_taken() const override { return left_ == 0; }
  void want_name(const net::Address& address) override;
  [[nodiscard]] std::vector<run::NamedAddress> take_names() override;
  [[nodiscard]] std::optional<Instant> deadline() const override;

 private:
  void settle(const resolve::ForwardAnswer& answer);

  TargetPolicy policy_;
  resolve::Resolver* resolver_;
  SourceOf source_of_;
  HostCount hosts_;
  std::vector<stats::Target> targets_;  // all of them, by id
  std::vector<std::uint32_t> ready_;    // known, not yet taken
  std::size_t left_;
};

// The targets before anything is known of them, but what was typed.
[[nodiscard]] std::vector<stats::Target> unresolved_targets(const RunPlan& plan);

}  // namespace sonde::app
