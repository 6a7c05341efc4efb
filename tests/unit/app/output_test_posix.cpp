// The sink over a descriptor: order, buffering, and what becomes of a write that fails.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <string>
#include <system_error>

#include "app/console.hpp"
#include "app/output.hpp"
#include "app/output_file.hpp"
#include "app/signals.hpp"
#include "tests/support/virtual_clock.hpp"

namespace sonde::app {
namespace {

struct Pipe {
  Pipe() { REQUIRE(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0); }
  ~Pipe() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  std::string read() {
    std::string text(1 << 18, '\0');
    const ssize_t n = ::read(ends[0], text.data(), text.size());
    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return text;
  }
  std::array<int, 2> ends{};
};

// Each look at it is a moment later.
class SteppingClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const noexcept override { return now_ += 100ms; }
  [[nodiscard]] WallTime wall() const noexcept override { return {}; }
  [[nodiscard]] Duration elapsed() const noexcept { return now_ - Instant{}; }

 private:
  mutable Instant now_{};
};

TEST_CASE("output: nothing goes out before a flush, everything after it, in order") {
  Pipe pipe;
  FdSink sink(pipe.ends[1], "pipe");
  sink.write("one ");
  sink.write("two\n");
  CHECK(pipe.read().empty());
  sink.flush();
  CHECK(pipe.read() == "one two\n");
}

TEST_CASE("output: a full buffer makes room by itself, and order is kept") {
  Pipe pipe;
  FdSink sink(pipe.ends[1], "pipe");
  const std::string half(FdSink::kBuffer / 2 + 1, 'a');
  sink.write(half);
  sink.write("b");
  sink.write(std::string(half.size() - 2, 'c'));
  CHECK(pipe.read() == half + "b");
}

TEST_CASE("output: a full disk is remembered, told, and ends the writing") {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  if (full < 0) {
    MESSAGE("[skipped] there is no /dev/full");
    return;
  }
  std::atomic<bool> failed{false};
  {
    FdSink sink(full, "full");
    sink.tell(failed);
    sink.write("text");
    CHECK_FALSE(failed.load());
    sink.flush();
    CHECK(failed.load());
    CHECK(sink.failed());
    CHECK(sink.broken());
    CHECK(sink.error() == ENOSPC);
  }
  ::close(full);
}

TEST_CASE(
    "output: a reader that takes nothing is waited for until the run shall end, and a little") {
  Pipe pipe;
  SteppingClock clock;
  std::atomic<bool> stop{false};
  OutputPatience patience(clock, stop);
  FdSink sink(pipe.ends[1], "pipe");
  sink.wait_with(patience);
  const std::string more_than_fits(std::size_t{1} << 20, 'a');
  patience.end_at(clock.now() + 10 * OutputPatience::kMost);
  sink.write(more_than_fits);
  CHECK(clock.elapsed() >= 11 * OutputPatience::kMost);
  CHECK(sink.given_up());
  CHECK(sink.broken());
  CHECK(write_failure(sink) == "cannot write to pipe: its reader takes nothing");
}

TEST_CASE("output: a write that the system itself calls too late has no reader to blame") {
  FdSink sink(kStdout, "a network's");
  sink.fail(ETIMEDOUT);
  CHECK(sink.broken());
  CHECK_FALSE(sink.given_up());
  CHECK(write_failure(sink) ==
        "cannot write to a network's: " + std::generic_category().message(ETIMEDOUT));
}

TEST_CASE("output: what a signal gives up is lost as well") {
  Pipe pipe;
  SteppingClock clock;
  std::atomic<bool> stop{true};
  OutputPatience patience(clock, stop);
  FdSink sink(pipe.ends[1], "pipe");
  sink.wait_with(patience);
  sink.write(std::string(std::size_t{1} << 20, 'a'));
  CHECK(clock.elapsed() >= OutputPatience::kMost);
  CHECK(clock.elapsed() < 2 * OutputPatience::kMost);
  CHECK(sink.broken());
  CHECK(sink.given_up());
}

TEST_CASE("output: patience begins anew with every piece that a reader takes") {
  test::VirtualClock clock;
  std::atomic<bool> stop{true};
  OutputPatience patience(clock, stop);
  CHECK(patience.goes_on());
  clock.advance(OutputPatience::kMost - 1ms);
  CHECK(patience.goes_on());
  patience.renew();
  clock.advance(1s);
  CHECK(patience.goes_on());
  clock.advance(OutputPatience::kMost);
  CHECK_FALSE(patience.goes_on());
  CHECK_FALSE(patience.goes_on());  // nor for another output
}

TEST_CASE("output: a pipe tells that its reader has gone, a file never does") {
  Pipe pipe;
  CHECK(kind_of(pipe.ends[1]) == DescriptorKind::pipe);
  CHECK_FALSE(reader_gone(pipe.ends[1]));
  ::close(pipe.ends[0]);
  pipe.ends[0] = -1;
  CHECK(reader_gone(pipe.ends[1]));
  const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  CHECK(kind_of(null) == DescriptorKind::device);
  CHECK_FALSE(reader_gone(null));
  ::close(null);
}

TEST_CASE("output: a reader that had enough is no fault") {
  reset_signals();
  Pipe pipe;
  ::close(pipe.ends[0]);
  FdSink sink(pipe.ends[1], "pipe");
  sink.write("text");
  sink.flush();
  CHECK(sink.failed());
  CHECK_FALSE(sink.broken());
  pipe.ends[0] = -1;
}

TEST_CASE("output file: a folder that is not there is an error in words") {
  const auto file = OutputFile::open("/nonexistent/file");
  REQUIRE_FALSE(file.has_value());
  CHECK(file.error() == "cannot open '/nonexistent/file': No such file or directory");
}

}  // namespace
}  // namespace sonde::app
