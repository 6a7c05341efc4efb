#include "app/sweep_parts.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

namespace sonde::app {

std::optional<std::string> not_together(const report::SavedHead& first,
                                        const report::SavedHead& other) {
  const auto differences = std::to_array<std::pair<bool, std::string_view>>({
      {first.sweep.mode != other.sweep.mode, "-c, -l or neither"},
      {first.options.count != other.options.count, "--count"},
      {first.sweep.retries != other.sweep.retries, "--retry"},
      {first.sweep.backoff != other.sweep.backoff, "--backoff"},
      {first.options.timeout != other.options.timeout, "--timeout"},
      {first.options.interval != other.options.interval, "--interval"},
      {first.options.payload_bytes != other.options.payload_bytes, "--size"},
      {first.options.ttl != other.options.ttl, "--ttl"},
      {first.options.tos != other.options.tos, "--tos"},
      {first.options.dont_fragment != other.options.dont_fragment, "--df"},
      {first.sweep.shards != other.sweep.shards, "the number of shards"},
      {first.sweep.random_order != other.sweep.random_order, "the --order"},
  });
  for (const auto& [differs, what] : differences) {
    if (differs) {
      return fmt::format("not a part of the same sweep: {} is another", what);
    }
  }
  return std::nullopt;
}

}  // namespace sonde::app
