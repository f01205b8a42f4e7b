// All jobs of this repository as code, for Job DSL. Owned by the template: do not edit; a job of your own goes into a
// file beside this one.
//
// Once, by hand: a folder, with two kinds of things in it.
// - Credentials: git, which reads the repository and pushes branches (best a GitHub App); webhook, the secret text of
//   those who start training; and, named by the properties IDENTITY_CREDENTIAL and PACKAGE_INDEX_CREDENTIAL where there
//   is a cloud or an index with accounts: of the kinds "OpenID Connect id token as file" and "Username with password".
// - Properties: those, and the variables of ci/settings.yml.
// And in it a freestyle job `seed` that checks out this repository and processes this file, with job names relative to
// the seed job. Run it again after an update.
//
// Plugins, as of August 2026: basic-branch-build-strategies 317.v85b_331d6cc42, cloudbees-folder, credentials-binding
// 728.v902a_273b_8947, docker-workflow 653.v2f2c08eff0ec, folder-properties 1.2.1, generic-webhook-trigger 2.4.1, git,
// github-branch-source 1983.vfa_27ed961853, job-dsl 3732.v9a_c49a_61a_313, oidc-provider 219.v598fcf17d4b_c,
// pipeline-build-step 599.v4b_67ea_11b_152, pipeline-input-step 560.v56198a_642157, pipeline-model-definition.
def path = GIT_URL.replaceAll(/\.git$/, '').tokenize('/:') // of the repository from which the seed job has this file

def flow(String file) {
  return {
    cpsScm {
      scm {
        git {
          remote {
            url(GIT_URL)
            credentials('git')
          }
          branch('main')
        }
      }
      scriptPath("ci/jenkins/${file}.Jenkinsfile")
    }
  }
}

multibranchPipelineJob('check') {
  description('Checks pushes, tags and pull requests.')
  branchSources {
    branchSource {
      source {
        github {
          id('check')
          repositoryUrl(GIT_URL)
          configuredByUrl(true)
          repoOwner(path[-2])
          repository(path[-1])
          credentialsId('git')
          traits {
            gitHubBranchDiscovery { strategyId(1) } // not those that are pull requests
            gitHubTagDiscovery()
            gitHubPullRequestDiscovery { strategyId(1) } // merged with the target
            gitHubForkDiscovery {
              strategyId(1)
              trust { gitHubTrustPermissions() } // others are checked by the Jenkinsfile of the target
            }
          }
        }
      }
      buildStrategies {
        buildNamedBranches { filters { exact { name('main'); caseSensitive(true) } } }
        buildTags { atLeastDays(''); atMostDays('7') }
        buildChangeRequests {
          ignoreTargetOnlyChanges(true)
          ignoreUntrustedChanges(true) // the code of a stranger runs when somebody has looked at it and starts it
        }
      }
    }
  }
  factory { workflowBranchProjectFactory { scriptPath('Jenkinsfile') } }
  orphanedItemStrategy { discardOldItems { numToKeep(20) } }
}

pipelineJob('train') {
  description('Trains and registers each model.')
  parameters {
    stringParam('MODEL', '', 'Which model of params.yaml; empty: all')
    stringParam('GOLDENPATH_REASON', '', 'Why; empty: schedule from the clock, manual by hand')
    stringParam('GOLDENPATH_IMAGE', '', 'The image of this code, by digest, if there is one')
  }
  definition(flow('train'))
  properties {
    pipelineTriggers {
      triggers {
        cron { spec('H H(2-5) * * 7') }
        // POST /generic-webhook-trigger/invoke with the token, and {"reason": "data"} where there are new data.
        genericTrigger {
          genericVariables {
            genericVariable { key('GOLDENPATH_REASON'); value('$.reason'); defaultValue('webhook') }
            genericVariable { key('MODEL'); value('$.model'); regexpFilter('[^a-z0-9_]') }
          }
          tokenCredentialId('webhook')
          regexpFilterText('$GOLDENPATH_REASON')
          regexpFilterExpression('^(webhook|data)$')
        }
      }
    }
  }
}

pipelineJob('deliver') {
  description('Brings a version to production, by way of staging and of an approval; or rolls back.')
  parameters {
    choiceParam('ACTION', ['deliver', 'rollback', 'reconcile'], 'rollback: the champion before it answers again')
    stringParam('MODEL', '', 'Which model of params.yaml; empty: the only one')
    stringParam('VERSION', '', 'A registered version, or how it begins; empty: the newest')
    choiceParam('STRATEGY', ['', 'direct', 'shadow', 'canary', 'bluegreen', 'ab'], 'Empty: as production.yaml says')
  }
  definition(flow('deliver'))
}

pipelineJob('watch') {
  description('Looks for drift, and trains what has drifted.')
  definition(flow('watch'))
  properties { pipelineTriggers { triggers { cron { spec('H H(2-5) * * 1') } } } }
}
