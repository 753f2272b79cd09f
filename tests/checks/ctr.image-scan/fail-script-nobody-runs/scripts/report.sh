#!/bin/sh
trivy image app:latest
