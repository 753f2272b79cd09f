#!/bin/sh
kind create cluster
flux install
