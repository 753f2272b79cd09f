#!/bin/sh
set -e
cd change
helm lint chart
