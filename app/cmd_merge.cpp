#include "app/cmd_merge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/echo_plan.hpp"
#include "app/merge.hpp"
#include "app/output_file.hpp"
#include "app/privileges.hpp"
#include "app/saved_file.hpp"
#include "app/sweep_presentation.hpp"
#include "app/terminal.hpp"
#include "app/values.hpp"

namespace sonde::app {

namespace {

std::expected<std::unique_ptr<OutputFile>, std::string> open_output(const SweepOptions& options) {
  if (!options.output || *options.output == "-") {
    return nullptr;
  }
  return OutputFile::open(*options.output);
}

std::expected<std::vector<SavedInput>, SavedFileError> open_inputs(const SweepOptions& options) {
  std::vector<SavedInput> files;
  for (const std::string& path : options.targets) {
    auto file = open_saved_input(path);
    if (!file) {
      return std::unexpected(file.error());
    }
    files.push_back(*std::move(file));
  }
  return files;
}

// Whether the files belong together, and what they have.
std::expected<MergeParts, SavedFileError> survey(const std::vector<SavedInput>& files) {
  MergeSurvey survey;
  for (const SavedInput& file : files) {
    if (auto why = survey.add(file)) {
      return std::unexpected(*std::move(why));
    }
  }
  return survey.finish();
}

ExitCode close_output(OutputFile* file, ExitCode code, Console& console) {
  if (file != nullptr) {
    if (const auto failure = file->close()) {
      console.complain(*failure);
      return ExitCode::system;
    }
  }
  return code;
}

}  // namespace

Refusal refuse_beside_merge(const CommandLine& line) {
  using enum OptionId;
  constexpr auto kMeaningful =
      std::to_array({merge, alive, unreachable, elapsed, quiet, stats, numeric, min_reachable, json,
                     ndjson, format, output, json_probes, color, verbose});
  const auto at = std::ranges::find_if(line.options, [&](const GivenOption& given) {
    return std::ranges::find(kMeaningful, given.spec->id) == kMeaningful.end();
  });
  if (at == line.options.end()) {
    return std::nullopt;
  }
  return UsageError{.message = fmt::format("{} means nothing with --merge: nothing is probed",
                                           spelled(*at->spec)),
                    .hint = "sonde sweep --merge [-j|-J|-a|-u] FILE..."};
}

ExitCode run_merge(const SweepOptions& options, Console& console) {
  if (const auto dropped = drop_privileges(); !dropped) {
    console.complain(fmt::format("cannot give up privileges: {}", dropped.error()));
    return ExitCode::system;
  }
  if (std::ranges::count(options.targets, "-") > 1) {
    return console.usage({.message = "standard input can be one of the files, once", .hint = {}},
                         "sonde sweep --help");
  }
  if (const auto why =
          options.output ? refuse_to_empty(*options.output, options.targets) : std::nullopt) {
    return console.usage({.message = *why}, "sonde sweep --help");
  }
  const auto files = open_inputs(options);
  if (!files) {
    console.complain(files.error().message);
    return code_of(files.error());
  }
  const auto parts = survey(*files);
  if (!parts) {
    console.complain(parts.error().message);
    return code_of(parts.error());
  }
  auto file = open_output(options);
  if (!file) {
    console.complain(file.error());
    return ExitCode::system;
  }
  SweepPlan plan;
  plan.format = format_of(options);
  const SweepListeners listeners = sweep_listeners(
      options, plan,
      {.out = console.out, .err = console.err, .file = *file ? &(*file)->sink() : nullptr});
  const auto merged = tell_merged(*files, *parts, options.min_reachable, listeners.views());
  if (!merged) {
    console.complain(merged.error().message);
    return code_of(merged.error());
  }
  for (const std::string& lack : merged->lacks) {
    console.complain(lack);
  }
  const ExitCode code = console.finish(static_cast<ExitCode>(merged->verdict.exit_code));
  return close_output(file->get(), code, console);
}

}  // namespace sonde::app
