#include <leat/image.h>
#include <leat/load_plugin.h>
#include <leat/register_nodes.h>
#include <leat/run_node.h>

#include <iostream>

using namespace leat;

/// Returns how many of 100 black images become white.
int whites(const Registry& registry, const std::string& with) {
  const Image black{cv::Mat::zeros(3, 4, CV_8UC1), {}};
  int count = 0;
  for (const Image& out : run_node<Image>(registry, "hello.invert", with, std::vector<Image>(100, black)))
    count += out.pixels.at<std::uint8_t>(0, 0) == 255 ? 1 : 0;
  return count;
}

int main(int, char** arguments) {
  Registry registry;
  register_nodes(registry);
  load_plugin(arguments[1], registry);
  const int never = whites(registry, "{p: 0}"), often = whites(registry, "{p: 0.5}"), always = whites(registry, "{p: 1}");
  std::cout << "white of 100: " << never << ", " << often << ", " << always << "\n";
  return never == 0 && often > 30 && often < 70 && always == 100 ? 0 : 1;
}
