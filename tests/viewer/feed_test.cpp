#include "server/feed.h"

#include <chrono>
#include <thread>

#include "support/doctest.h"

using namespace leat::viewer;
using namespace std::chrono_literals;

TEST_CASE("feed: a new reader gets the newest text of each topic, and later only newer ones") {
  Feed feed;
  feed.put("graph", "1");
  feed.put("graph", "2");
  feed.put("run", "a");
  Feed::Texts news = feed.after(0, 0ms);
  CHECK(news.by_topic == std::map<std::string, std::string>{{"graph", "2"}, {"run", "a"}});
  CHECK(feed.after(news.number, 0ms).by_topic.empty());
  feed.put("run", "b");
  CHECK(feed.after(news.number, 0ms).by_topic == std::map<std::string, std::string>{{"run", "b"}});
}

TEST_CASE("feed: a reader that waits gets a text when it is put, and its end when the feed is closed") {
  Feed feed;
  std::thread later([&] {
    std::this_thread::sleep_for(20ms);
    feed.put("graph", "x");
  });
  const Feed::Texts news = feed.after(0, 10s);
  CHECK(news.by_topic.at("graph") == "x");
  later.join();
  std::thread end([&] {
    std::this_thread::sleep_for(20ms);
    feed.close();
  });
  CHECK(feed.after(news.number, 10s).is_closed);
  end.join();
}
