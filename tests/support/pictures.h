#pragma once

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace leat::test {

/// Returns a reference image in tests/data, as it is stored.
inline cv::Mat read_picture(const std::string& name) {
  cv::Mat out = cv::imread(std::string(LEAT_TEST_DATA) + "/" + name, cv::IMREAD_UNCHANGED);
  if (out.empty()) throw std::runtime_error("no picture " + name);
  return out;
}

/// Returns the rows of a comma-separated table in tests/data, indexed by the names in its first line.
inline std::vector<std::map<std::string, std::string>> read_table(const std::string& name) {
  std::ifstream file(std::string(LEAT_TEST_DATA) + "/" + name);
  if (!file) throw std::runtime_error("no table " + name);
  const auto cells = [](std::string line) {
    std::vector<std::string> out;
    std::istringstream words(line + ",");
    for (std::string word; std::getline(words, word, ',');) out.push_back(word);
    return out;
  };
  std::string line;
  std::getline(file, line);
  const auto names = cells(line);
  std::vector<std::map<std::string, std::string>> out;
  while (std::getline(file, line)) {
    const auto values = cells(line);
    auto& row = out.emplace_back();
    for (std::size_t k = 0; k < names.size(); ++k) row[names[k]] = values.at(k);
  }
  return out;
}

/// Returns a reference image in the order of Leat's colours.
inline cv::Mat read_colours(const std::string& name) {
  cv::Mat out = read_picture(name);
  if (out.channels() != 3) throw std::runtime_error(name + " has no colours");
  std::vector<cv::Mat> channels;
  cv::split(out, channels);
  std::swap(channels[0], channels[2]);
  cv::merge(channels, out);
  return out;
}

/// Returns the largest difference of two images, in levels, rounded up; 100000 if their sizes or types differ.
inline int largest_difference(const cv::Mat& a, const cv::Mat& b) {
  if (a.size() != b.size() || a.type() != b.type()) return 100000;
  if (a.depth() != CV_8U) return static_cast<int>(std::ceil(cv::norm(a, b, cv::NORM_INF)));
  int most = 0;
  for (int y = 0; y < a.rows; ++y)
    for (int x = 0; x < a.cols * a.channels(); ++x) most = std::max(most, std::abs(a.ptr(y)[x] - b.ptr(y)[x]));
  return most;
}

}  // namespace leat::test
