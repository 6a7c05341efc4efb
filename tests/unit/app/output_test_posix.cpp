// The sink over a descriptor: order, buffering, and what becomes of a write that fails.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <string>

#include "app/output.hpp"
#include "app/output_file.hpp"
#include "app/signals.hpp"

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
