#include "app/resume.hpp"

#include <fmt/format.h>

#include <utility>

#include "app/saved_file.hpp"
#include "app/sweep_parts.hpp"
#include "app/values.hpp"

namespace sonde::app {

namespace {

using Answer = report::SavedSweepSink::Answer;

std::string called(const net::AddressList& targets, std::uint32_t index) {
  if (!targets.name(index).empty()) {
    return std::string(targets.name(index));
  }
  const auto address = targets.at(index);
  return address ? address->to_text() : std::string();
}

std::optional<SavedFileError> error_of(const std::expected<void, SavedFileError>& result) {
  return result ? std::nullopt : std::optional(result.error());
}

std::unexpected<SavedFileError> no(std::string message) {
  return std::unexpected(SavedFileError{.message = std::move(message)});
}

// What failed or was not over is tried again. With rounds an end says `alive` of whoever answered,
// finished or not.
bool finished(const report::SavedSweepTarget& saved, const Resume::Rounds& rounds) noexcept {
  const stats::Counts& counts = saved.target.counts;
  const bool settled = saved.target.state == probe::SweepState::alive ||
                       saved.target.state == probe::SweepState::unreachable;
  return settled && (!rounds || (counts.sent == *rounds && counts.in_flight == 0));
}

// What the lines of a file say of finished targets, up to the result of each. With rounds, the
// times are in the lines of the answers, otherwise in the result.
class TakeOver {
 public:
  TakeOver(run::SweepSession& session, const std::vector<bool>& finished, Resume::Rounds rounds)
      : session_(session), left_(finished), rounds_(rounds) {}

  Answer target(const report::SavedSweepTarget& saved) {
    if (is_left(saved.target.index) && finished(saved, rounds_)) {
      left_[saved.target.index] = false;
      session_.restore(saved.target);
      add(!rounds_.has_value(), saved.only_rtt);
    }
    return std::nullopt;
  }
  Answer answer(const report::SavedAnswer& saved) {
    if (is_left(saved.target)) {
      session_.restore_sample(saved.target, saved.round, saved.sample);
      add(rounds_.has_value(), saved.rtt);
    }
    return std::nullopt;
  }
  Answer event(const report::SavedEvent& saved, report::NdjsonSweep& ndjson) const {
    if (is_left(saved.target)) {
      ndjson.retell(saved.line);
    }
    return std::nullopt;
  }
  void finish() { session_.restore_rtt(rtt_, quantiles_); }

 private:
  [[nodiscard]] bool is_left(std::uint32_t index) const {
    return index < left_.size() && left_[index];
  }
  void add(bool wanted, std::optional<Duration> sample) {
    if (wanted && sample) {
      rtt_.add(*sample);
      quantiles_.add(*sample);
    }
  }

  run::SweepSession& session_;
  std::vector<bool> left_;
  Resume::Rounds rounds_;
  stats::RttStats rtt_;
  stats::Quantiles quantiles_;
};

}  // namespace

std::expected<Resume, SavedFileError> Resume::open(const std::string& path, SweepPlan& plan,
                                                   bool seed_given) {
  std::optional<report::SavedHead> head;
  const auto read = read_saved_file(path,
                                    {.on_head =
                                         [&head](const report::SavedHead& found) {
                                           head = found;
                                           return Answer(std::string());  // that is enough
                                         },
                                     .on_target =
                                         [](const report::SavedSweepTarget&) {
                                           return Answer("a target before the start of the run");
                                         }},
                                    SavedForm::ndjson);
  if (!head) {
    return read ? no(fmt::format("{}: there is no sweep in it", in_quotes(path)))
                : std::unexpected(read.error());
  }
  if (plan.engine.random_order && head->sweep.random_order && !seed_given) {
    plan.engine.random_order = head->sweep.random_order;
    plan.sweep.random_order = head->sweep.random_order;
  }
  if (auto why = not_together(*head, {.options = plan.run, .sweep = plan.sweep})) {
    return no(fmt::format("{}: {}", in_quotes(path), *why));
  }
  if (head->sweep.merged) {
    return no(fmt::format("{}: it is a merge of some shards; each goes on from its own file",
                          in_quotes(path)));
  }
  if (head->sweep.shard != plan.sweep.shard) {
    return no(fmt::format("{}: it is shard {}/{}", in_quotes(path), head->sweep.shard,
                          head->sweep.shards));
  }
  return Resume(path, plan.run.count);
}

// Is it one of the list, and is all that is to be known of it there?
Answer Resume::take(const report::SavedSweepTarget& saved, net::AddressList& targets) {
  const std::uint32_t index = saved.target.index;
  if (index >= targets.size() || called(targets, index) != saved.input) {
    return fmt::format("its target {} is {}, and here it is {}: not the same sweep", index,
                       in_quotes(saved.input),
                       index < targets.size() ? in_quotes(called(targets, index)) : "not there");
  }
  if (finished_[index]) {
    return fmt::format("target {} is finished twice", in_quotes(saved.input));
  }
  if (rounds_ && answers_[index] != saved.target.counts.received + saved.target.counts.late) {
    return fmt::format(
        "the answers of {} are not in it: what can be gone on from is the --ndjson of a run itself",
        in_quotes(saved.input));
  }
  finished_[index] = true;
  if (targets.is_name(index) && saved.address) {
    targets.set_address(index, *saved.address);
  }
  return std::nullopt;
}

std::optional<SavedFileError> Resume::check(net::AddressList& targets) {
  finished_.assign(targets.size(), false);
  answers_.assign(rounds_ ? targets.size() : 0, 0);
  std::vector<std::uint32_t> silent;
  const auto target = [&](const report::SavedSweepTarget& saved) {
    auto refusal = finished(saved, rounds_) ? take(saved, targets) : Answer();
    if (!refusal && finished(saved, rounds_) &&
        saved.target.state == probe::SweepState::unreachable) {
      silent.push_back(saved.target.index);
    }
    return refusal;
  };
  // A run that failed may not have seen their answers.
  const auto end = [&](const report::SavedEnd& saved) {
    for (const std::uint32_t index : silent) {
      finished_[index] = finished_[index] && !saved.error;
    }
    return Answer();
  };
  const auto answer = [&](const report::SavedAnswer& saved) {
    if (saved.rtt && saved.target < answers_.size()) {
      ++answers_[saved.target];
    }
    return Answer();
  };
  return error_of(read_saved_file(path_, {.on_target = target, .on_answer = answer, .on_end = end},
                                  SavedForm::ndjson));
}

std::optional<SavedFileError> Resume::restore(run::SweepSession& session,
                                              report::NdjsonSweep* ndjson) {
  session.start();
  TakeOver take_over(session, finished_, rounds_);
  report::SavedSweepSink sink{
      .on_target = [&](const auto& saved) { return take_over.target(saved); },
      .on_answer = [&](const auto& saved) { return take_over.answer(saved); }};
  if (ndjson != nullptr) {
    sink.on_event = [&](const auto& saved) { return take_over.event(saved, *ndjson); };
  }
  auto error = error_of(read_saved_file(path_, sink, SavedForm::ndjson));
  take_over.finish();
  return error;
}

}  // namespace sonde::app
