import org.codehaus.groovy.control.CompilerConfiguration

/** Runs a Job DSL script, and says which jobs it defines; a word that Job DSL or a plugin does not know is a mistake. */
class Jobs {
  private static final Map TRIGGERS = [
    cron: [spec: 1], pollSCM: [scmpoll_spec: 1],
    genericTrigger: [
      genericVariables: [genericVariable: [key: 1, value: 1, expressionType: 1, regexpFilter: 1, defaultValue: 1]],
      token: 1, tokenCredentialId: 1, causeString: 1, regexpFilterText: 1, regexpFilterExpression: 1,
      printContributedVariables: 1, printPostContent: 1, silentResponse: 1,
    ],
  ]
  private static final Map STRATEGY = [strategyId: 1]
  private static final Map GITHUB = [
    id: 1, apiUri: 1, repositoryUrl: 1, configuredByUrl: 1, repoOwner: 1, repository: 1, credentialsId: 1,
    traits: [
      gitHubBranchDiscovery: STRATEGY, gitHubTagDiscovery: [:], gitHubPullRequestDiscovery: STRATEGY,
      gitHubForkDiscovery: STRATEGY + [trust: [gitHubTrustPermissions: [:], gitHubTrustContributors: [:], gitHubTrustEveryone: [:], gitHubTrustNobody: [:]]],
      headWildcardFilter: [includes: 1, excludes: 1],
    ],
  ]
  private static final Map BUILDS = [
    buildAnyBranches: [:], buildRegularBranches: [:], buildNamedBranches: [filters: [exact: [name: 1, caseSensitive: 1], wildcards: [includes: 1, excludes: 1]]],
    buildTags: [atLeastDays: 1, atMostDays: 1], buildChangeRequests: [ignoreTargetOnlyChanges: 1, ignoreUntrustedChanges: 1],
  ]
  static final Map KNOWN = [
    multibranchPipelineJob: [
      description: 1, displayName: 1, branchSources: [branchSource: [source: [github: GITHUB], buildStrategies: BUILDS]],
      factory: [workflowBranchProjectFactory: [scriptPath: 1]], orphanedItemStrategy: [discardOldItems: [numToKeep: 1, daysToKeep: 1]],
      triggers: [periodicFolderTrigger: [interval: 1]],
    ],
    pipelineJob: [
      description: 1, displayName: 1, parameters: [stringParam: 3, choiceParam: 3, booleanParam: 3, textParam: 3],
      definition: [cpsScm: [scm: [git: [remote: [url: 1, credentials: 1, name: 1], branch: 1, extensions: [:]]], scriptPath: 1, lightweight: 1]],
      properties: [pipelineTriggers: [triggers: TRIGGERS], disableConcurrentBuilds: [:]],
    ],
  ]

  /** Its jobs as [kind, name, tree], a tree being [word, values, tree] of each call. */
  static Map read(String path, Map variables) {
    try {
      def settings = new CompilerConfiguration(scriptBaseClass: JobsScript.name)
      def script = (JobsScript) new GroovyShell(Jobs.classLoader, new Binding(variables), settings).parse(new File(path))
      script.run()
      return [error: null, jobs: script.jobs]
    } catch (Exception broken) {
      return [error: "${broken.class.simpleName}: ${broken.message}".toString(), jobs: []]
    }
  }

  static List tree(String where, Closure block, Map known, Binding binding) {
    return Recorder.of(block, { String name -> binding.getVariable(name) }).collect {
      def below = known[it.name]
      if (below == null) throw new Invalid("${where} does not know ${it.name}; it knows ${known.keySet().join(', ')}")
      if (below instanceof Integer && (it.block || it.values.size() > below || !it.values)) throw new Invalid("${where}: ${it.name} takes ${below} values")
      if (below instanceof Map && below && !it.block) throw new Invalid("${where}: ${it.name} takes a block")
      [it.name, it.values, it.block && below instanceof Map ? tree(it.name, it.block, below, binding) : []]
    }
  }
}

abstract class JobsScript extends Script {
  final List jobs = []

  def methodMissing(String name, Object args) {
    if (!Jobs.KNOWN.containsKey(name)) throw new Invalid("there is no ${name}; there are ${Jobs.KNOWN.keySet().join(', ')}")
    jobs << [name, args[0] as String, Jobs.tree(name, (Closure) args[1], Jobs.KNOWN[name], binding)]
  }
}
