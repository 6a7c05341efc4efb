// sink.hpp: where text goes: a stream, a file, a string in tests. The app owns the real ones.
// Never throws; after a failed write failed() stays true and further writes do nothing, so a caller
// may write on and look once.
#pragma once

#include <string>
#include <string_view>

namespace sonde::report {

class Sink {
 public:
  virtual ~Sink() = default;
  virtual void write(std::string_view text) noexcept = 0;
  virtual void flush() noexcept = 0;
  [[nodiscard]] virtual bool failed() const noexcept = 0;
};

class StringSink final : public Sink {
 public:
  void write(std::string_view text) noexcept override { text_ += text; }
  void flush() noexcept override {}
  [[nodiscard]] bool failed() const noexcept override { return false; }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

}  // namespace sonde::report
