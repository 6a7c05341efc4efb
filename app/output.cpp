#include "app/output.hpp"

#include <algorithm>
#include <utility>

namespace sonde::app {

FdSink::FdSink(int fd, std::string name)
    : fd_(fd),
      kind_(kind_of(fd)),
      name_(std::move(name)),
      buffer_(std::make_unique_for_overwrite<std::array<char, kBuffer>>()) {}

FdSink::~FdSink() {
  flush();
  if (own_) {
    (void)close_file(*own_);
  }
}

void FdSink::own_terminal() {
  if (kind_ == DescriptorKind::device && !own_) {
    own_ = open_terminal_again(fd_);
  }
}

void FdSink::write(std::string_view text) noexcept {
  if (failed()) {
    return;
  }
  if (text.size() > kBuffer - used_) {
    flush();
  }
  if (text.size() > kBuffer) {
    write_out(text);
    return;
  }
  std::ranges::copy(text, buffer_->begin() + static_cast<std::ptrdiff_t>(used_));
  used_ += text.size();
}

void FdSink::flush() noexcept {
  const std::string_view text(buffer_->data(), std::exchange(used_, 0));
  if (!failed()) {
    write_out(text);
  }
}

void FdSink::write_out(std::string_view text) noexcept {
  const bool waits = patience_ != nullptr && kind_ != DescriptorKind::file;
  const WriteResult result =
      waits ? write_all(own_.value_or(fd_), text, *patience_) : write_all(fd_, text);
  if (result.error != 0) {
    fail(result.error);
  }
}

void FdSink::fail(int error) noexcept {
  error_ = error;
  if (failed_flag_ != nullptr) {
    *failed_flag_ = true;
  }
}

bool FdSink::broken() const noexcept { return failed() && !is_closed_pipe(error_); }

}  // namespace sonde::app
