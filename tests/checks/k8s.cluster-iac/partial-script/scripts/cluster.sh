#!/bin/sh
eksctl create cluster --name demo
