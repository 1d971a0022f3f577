#include "fine.cpp"
