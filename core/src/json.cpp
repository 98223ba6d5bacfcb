// Boost.JSON, compiled once, here, since we link no Boost libraries.
#include <boost/json/src.hpp>
