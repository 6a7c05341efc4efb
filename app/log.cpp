#include "app/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>

namespace sonde::app {

namespace {

class OurSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit OurSink(report::Sink& err) : err_(err) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    err_.write({line.data(), line.size()});
  }
  void flush_() override { err_.flush(); }

  report::Sink& err_;
};

}  // namespace

Log::Log(bool verbose, report::Sink& err) noexcept : verbose_(verbose), err_(err) {}
Log::~Log() = default;

void Log::write(std::string_view line) {
  if (logger_ == nullptr) {
    auto sink = std::make_shared<OurSink>(err_);
    sink->set_pattern("sonde: %v");
    logger_ = std::make_unique<spdlog::logger>("sonde", std::move(sink));
    logger_->flush_on(spdlog::level::trace);
  }
  logger_->info(spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace sonde::app
