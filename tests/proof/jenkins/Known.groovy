/** What Jenkins knows, as far as this project may use it: another word is a mistake. Names of arguments; the first may stand alone. */
class Known {
  static final Map<String, List<String>> STEPS = [
    archiveArtifacts: ['artifacts', 'allowEmptyArchive', 'caseSensitive', 'defaultExcludes', 'excludes', 'fingerprint', 'onlyIfSuccessful'],
    build: ['job', 'parameters', 'propagate', 'quietPeriod', 'wait', 'waitForStart'],
    catchError: ['', 'buildResult', 'catchInterruptions', 'message', 'stageResult'],
    checkout: ['scm', 'changelog', 'poll'],
    deleteDir: [],
    dir: ['path'],
    echo: ['message'],
    error: ['message'],
    fileExists: ['file'],
    input: ['message', 'id', 'ok', 'parameters', 'submitter', 'submitterParameter'],
    junit: ['testResults', 'allowEmptyResults'],
    node: ['label'],
    parallel: ['*'],
    readFile: ['file', 'encoding'],
    retry: ['count'],
    script: [],
    sh: ['script', 'encoding', 'label', 'returnStatus', 'returnStdout'],
    sleep: ['time', 'unit'],
    stage: ['name'],
    stash: ['name', 'allowEmpty', 'excludes', 'includes', 'useDefaultExcludes'],
    timeout: ['time', 'activity', 'unit'],
    unstable: ['message'],
    unstash: ['name'],
    withCredentials: ['bindings'],
    withEnv: ['overrides'],
    withFolderProperties: [],
    writeFile: ['file', 'encoding', 'text'],
  ]

  /** Values that are written like calls: parameters, bindings, options of options. */
  static final Map<String, List<String>> VALUES = [
    booleanParam: ['name', 'defaultValue', 'description', 'value'],
    choice: ['name', 'choices', 'description'],
    credentials: ['id'],
    file: ['credentialsId', 'variable'],
    gitUsernamePassword: ['credentialsId', 'gitToolName'],
    logRotator: ['numToKeepStr', 'artifactDaysToKeepStr', 'artifactNumToKeepStr', 'daysToKeepStr'],
    password: ['name', 'defaultValue', 'description'],
    string: ['name', 'credentialsId', 'defaultValue', 'description', 'trim', 'value', 'variable'],
    text: ['name', 'defaultValue', 'description', 'value'],
    usernamePassword: ['credentialsId', 'passwordVariable', 'usernameVariable'],
  ]

  static final Map<String, List<String>> STAGE_OPTIONS = [
    lock: ['resource'], retry: ['count'], skipDefaultCheckout: ['value'], timeout: ['time', 'activity', 'unit'], timestamps: [],
    withFolderProperties: [], catchError: ['', 'buildResult', 'message', 'stageResult'],
  ]
  static final Map<String, List<String>> OPTIONS = STAGE_OPTIONS + [
    buildDiscarder: ['strategy'], checkoutToSubdirectory: ['subdirectory'], disableConcurrentBuilds: ['', 'abortPrevious'],
    disableRestartFromStage: [], disableResume: [], newContainerPerStage: [], overrideIndexTriggers: ['enable'],
    parallelsAlwaysFailFast: [], preserveStashes: ['buildCount'], quietPeriod: ['quietPeriod'], skipStagesAfterUnstable: [],
  ]
  static final Map<String, List<String>> TRIGGERS = [cron: ['spec'], githubPush: [], pollSCM: ['scmpoll_spec'], upstream: ['upstreamProjects', 'threshold']]
  static final Map<String, List<String>> CONDITIONS = [
    allOf: [], anyOf: [], not: [], branch: ['pattern', 'comparator'], buildingTag: [],
    changelog: ['pattern', 'caseSensitive', 'comparator'], changeRequest: ['', 'author', 'branch', 'fork', 'id', 'target', 'title', 'url', 'comparator'],
    changeset: ['pattern', 'caseSensitive', 'comparator'], environment: ['', 'name', 'value', 'ignoreCase'], equals: ['', 'actual', 'expected'],
    expression: [], isRestartedRun: [], tag: ['pattern', 'comparator'], triggeredBy: ['type', 'cause', 'detail'],
  ]
  /** Those that do without their first argument, those that have blocks, and what some arguments can be. */
  static final List<String> OPTIONAL = ['node', 'changelog', 'sleep', 'lock', 'skipDefaultCheckout', 'overrideIndexTriggers', 'preserveStashes', 'pollSCM', 'cron', 'triggeredBy']
  static final List<String> BLOCKS = ['step', 'condition']
  static final Map<String, Object> TYPES = [
    time: Number, count: Number, quietPeriod: Number, unit: ['SECONDS', 'MINUTES', 'HOURS', 'DAYS', 'MILLISECONDS'],
    abortPrevious: Boolean, allowEmptyArchive: Boolean, propagate: Boolean, returnStatus: Boolean, returnStdout: Boolean,
    wait: Boolean, artifacts: String, job: String, script: String, message: String, label: String,
  ]
  static final List<String> BEFORE = ['beforeAgent', 'beforeInput', 'beforeOptions']
  static final List<String> CAUSES = ['BranchEventCause', 'BranchIndexingCause', 'BuildUpstreamCause', 'GenericCause', 'SCMTrigger', 'TimerTrigger', 'UpstreamCause', 'UserIdCause']
  static final List<String> POST = ['always', 'changed', 'fixed', 'regression', 'aborted', 'failure', 'success', 'unstable', 'unsuccessful', 'cleanup']
  static final Map<String, List<String>> AGENTS = [
    label: [], node: ['label', 'customWorkspace'],
    docker: ['image', 'alwaysPull', 'args', 'customWorkspace', 'label', 'registryCredentialsId', 'registryUrl', 'reuseNode'],
    dockerfile: ['additionalBuildArgs', 'args', 'customWorkspace', 'dir', 'filename', 'label', 'registryCredentialsId', 'registryUrl', 'reuseNode'],
  ]
  static final List<String> INPUT = ['message', 'id', 'ok', 'parameters', 'submitter', 'submitterParameter']
  static final List<String> ROOT = ['agent', 'environment', 'libraries', 'options', 'parameters', 'post', 'stages', 'tools', 'triggers']
  static final List<String> BODIES = ['steps', 'stages', 'parallel', 'matrix']
  static final List<String> STAGE = BODIES + ['agent', 'environment', 'failFast', 'input', 'options', 'post', 'tools', 'when']

  /** The arguments of a call as name → value; raises for a name that is not known. */
  static Map arguments(String what, List<String> names, List args) {
    def named = args.findAll { it instanceof Map && !it.containsKey('$is') } ?: []
    def alone = args.findAll { !(it instanceof Closure) && !named.any { map -> map.is(it) } }
    Map all = named ? new LinkedHashMap(named[0]) : [:]
    if (names == ['*']) {
      return all
    }
    if (alone.size() > (names && names[0] ? 1 : 0) || (alone && all)) {
      throw new Invalid("${what}: too many arguments without a name")
    }
    if (alone) {
      all[names[0]] = alone[0]
    }
    def unknown = all.keySet() - names
    if (unknown) {
      throw new Invalid("${what}: unknown argument ${unknown.join(', ')}; there are ${names.findAll().join(', ')}")
    }
    return all
  }
}

/** A file that Jenkins would not take. */
class Invalid extends RuntimeException {
  Invalid(String words) { super(words) }
}

/** A step that failed. */
class Failed extends RuntimeException {
  Failed(String words) { super(words) }
}

/** A person said no. */
class Aborted extends RuntimeException {
  Aborted(String words) { super(words) }
}

/** The build waits for a person who has not come yet. */
class Paused extends RuntimeException {
  Paused(String words) { super(words) }
}
