#include "app/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace sonde::app {

Log::Log(bool verbose) noexcept : verbose_(verbose) {}
Log::~Log() = default;

void Log::write(std::string_view line) {
  if (logger_ == nullptr) {
    auto sink = std::make_shared<spdlog::sinks::stderr_sink_st>();
    sink->set_pattern("sonde: %v");
    logger_ = std::make_unique<spdlog::logger>("sonde", std::move(sink));
    logger_->flush_on(spdlog::level::trace);
  }
  logger_->info(spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace sonde::app
