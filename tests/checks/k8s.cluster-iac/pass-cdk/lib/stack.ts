import * as eks from 'aws-cdk-lib/aws-eks';
export const cluster = new eks.Cluster(this, 'Main', {
  version: eks.KubernetesVersion.V1_33,
});
