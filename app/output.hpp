// output.hpp: the report::Sink over a file descriptor: collects up to 64 KiB, writes at flush().
// A failed write is remembered with its errno and told to the run, so that it stops probing.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "app/output_patience.hpp"
#include "app/terminal.hpp"
#include "sonde/report/sink.hpp"

namespace sonde::app {

class FdSink final : public report::Sink {
 public:
  static constexpr std::size_t kBuffer = std::size_t{64} * 1024;

  // `name` for messages: "standard output". Does not own the descriptor.
  FdSink(int fd, std::string name);
  ~FdSink() override;
  FdSink(const FdSink&) = delete;
  FdSink& operator=(const FdSink&) = delete;

  // Set when a write fails; outlives the last write.
  void tell(std::atomic<bool>& failed) noexcept { failed_flag_ = &failed; }
  // What a reader that takes nothing is given; outlives the last write. Without one: for ever.
  void wait_with(OutputPatience& patience) noexcept { patience_ = &patience; }
  // A terminal is opened once more (open_terminal_again()): only so does patience with one end.
  // While the caller's rights are there and files are in reach.
  void own_terminal();

  void write(std::string_view text) noexcept override;
  void flush() noexcept override;
  [[nodiscard]] bool failed() const noexcept override { return error_ != 0; }
  [[nodiscard]] int error() const noexcept { return error_; }  // 0: none; errno or kGivenUp
  // Failed otherwise than by a reader that had enough: worth a message and an exit code.
  [[nodiscard]] bool broken() const noexcept;
  [[nodiscard]] bool given_up() const noexcept { return error_ == kGivenUp; }
  [[nodiscard]] DescriptorKind kind() const noexcept { return kind_; }
  [[nodiscard]] int descriptor() const noexcept { return fd_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  void fail(int error) noexcept;

 private:
  void write_out(std::string_view text) noexcept;

  int fd_;
  std::optional<int> own_{};  // the same terminal; closed here
  DescriptorKind kind_;
  std::string name_;
  std::unique_ptr<std::array<char, kBuffer>> buffer_;  // left uninitialised
  std::size_t used_ = 0;
  int error_ = 0;
  std::atomic<bool>* failed_flag_ = nullptr;
  OutputPatience* patience_ = nullptr;
};

}  // namespace sonde::app
