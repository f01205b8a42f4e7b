import java.nio.file.FileSystems

/** The steps, run for real in the clone of a job. */
class Steps {
  final Build build

  Steps(Build build) { this.build = build }

  def methodMissing(String name, Object args) { call(name, args as List) }

  def propertyMissing(String name) { build.global(name) }

  /** A step, a value, or a function of the file. */
  def call(String name, List args) {
    if (name == 'pipeline') {
      return build.pipeline(args[0])
    }
    if (Known.VALUES.containsKey(name)) {
      return [$is: name] + Known.arguments(name, Known.VALUES[name], args)
    }
    if (Known.STEPS.containsKey(name)) {
      def names = Known.arguments(name, Known.STEPS[name], args)
      return this."_$name"(names, (Closure) args.find { it instanceof Closure })
    }
    if (build.script.metaClass.respondsTo(build.script, name)) {
      return build.script.invokeMethod(name, args as Object[])
    }
    throw new Invalid("No such DSL method '${name}'")
  }

  def run(Closure body) {
    Closure copy = body.clone()
    copy.delegate = this
    copy.resolveStrategy = Closure.DELEGATE_FIRST
    return copy.call()
  }

  def _script(Map a, Closure body) { run(body) }

  def _echo(Map a, Closure body) { build.note('echo', [message: a.message as String]) }

  def _error(Map a, Closure body) { throw new Failed(a.message as String) }

  def _unstable(Map a, Closure body) { build.result = 'UNSTABLE' }

  def _sleep(Map a, Closure body) { null }

  def _stage(Map a, Closure body) { run(body) }

  def _timeout(Map a, Closure body) { run(body) }

  def _withFolderProperties(Map a, Closure body) { build.within(build.situation.variables) { run(body) } }

  def _withEnv(Map a, Closure body) {
    def pairs = a.overrides.collectEntries { def (key, value) = (it as String).split('=', 2); [(key): value] }
    return build.within(pairs) { run(body) }
  }

  def _retry(Map a, Closure body) {
    for (int n = 1; ; n++) {
      try {
        return run(body)
      } catch (Failed again) {
        if (n >= a.count) throw again
      }
    }
  }

  def _catchError(Map a, Closure body) {
    try {
      run(body)
    } catch (Failed caught) {
      build.result = a.buildResult ?: 'FAILURE'
    }
  }

  def _parallel(Map a, Closure body) {
    build.together(a.findAll { it.key != 'failFast' }.values().collect { branch -> { -> run((Closure) branch) } })
  }

  def _node(Map a, Closure body) { build.onAgent(a.label ?: '') { run(body) } }

  def _checkout(Map a, Closure body) { build.place.checkOut() }

  def _build(Map a, Closure body) {
    def given = (a.parameters ?: []).collectEntries { [(it.name): it.value as String] }
    build.note('build', [job: a.job, wait: a.wait != false, parameters: given])
  }

  def _input(Map a, Closure body) {
    build.note('input', [message: a.message, submitter: a.submitter])
    def person = build.situation.approver
    def allowed = a.submitter ? a.submitter.tokenize(',')*.trim() : null
    if (!person || (allowed != null && !([person.user] + (person.groups ?: [])).any { it in allowed })) {
      throw new Paused('waits for a person')
    }
    if (person.refuses) throw new Aborted("refused by ${person.user}")
    return a.submitterParameter ? person.user : null
  }

  def _sh(Map a, Closure body) {
    if (a.script instanceof GString) throw new Invalid('injection: sh gets a text that Groovy puts together')
    def (code, printed) = build.place.sh(a.script as String)
    if (a.returnStatus) return code
    if (code != 0) throw new Failed("script returned exit code ${code}: ${a.script}\n${printed}")
    return a.returnStdout ? printed : null
  }

  def _withCredentials(Map a, Closure body) {
    def bound = [:], files = []
    a.bindings.each {
      def secret = build.situation.credentials[it.credentialsId]
      if (secret == null) throw new Failed("Could not find credentials entry with ID '${it.credentialsId}'")
      build.note('bound', [id: it.credentialsId, kind: it.$is])
      if (it.$is == 'usernamePassword') {
        bound += [(it.usernameVariable): secret.user, (it.passwordVariable): secret.password]
      } else if (it.$is == 'file') {
        files << File.createTempFile('secret', '', new File(build.situation.folder))
        files[-1].text = secret.content
        bound[it.variable] = files[-1].path
      } else if (it.$is == 'string') {
        bound[it.variable] = secret.content
      } else if (it.$is == 'gitUsernamePassword') {
        bound.GIT_ASKPASS = 'true'
      } else {
        throw new Invalid("${it.$is} cannot be bound")
      }
    }
    try {
      return build.within(bound) { run(body) }
    } finally {
      files*.delete()
    }
  }

  def _readFile(Map a, Closure body) {
    def file = new File(build.place.folder, a.file as String)
    if (!file.exists()) throw new Failed("NoSuchFileException: ${a.file}")
    return file.getText('UTF-8')
  }

  def _writeFile(Map a, Closure body) {
    def file = new File(build.place.folder, a.file as String)
    file.parentFile.mkdirs()
    file.setText(a.text as String, 'UTF-8')
  }

  def _fileExists(Map a, Closure body) { new File(build.place.folder, a.file as String).exists() }

  def _dir(Map a, Closure body) { build.place.below(a.path as String) { run(body) } }

  def _deleteDir(Map a, Closure body) { build.place.folder.deleteDir() && build.place.folder.mkdirs() }

  def _junit(Map a, Closure body) { keep('junit', a.testResults, a.allowEmptyResults) }

  def _archiveArtifacts(Map a, Closure body) { keep('archive', a.artifacts, a.allowEmptyArchive) }

  def _stash(Map a, Closure body) { build.stashes[a.name] = keep('stash', a.includes ?: '**', a.allowEmpty).collectEntries { [(it): new File(build.place.folder, it).bytes] } }

  def _unstash(Map a, Closure body) {
    if (!build.stashes.containsKey(a.name)) throw new Failed("No such saved stash '${a.name}'")
    build.stashes[a.name].each { path, bytes ->
      def file = new File(build.place.folder, path)
      file.parentFile.mkdirs()
      file.bytes = bytes
    }
  }

  /** The files that patterns name; raises where there are none and none is not allowed. */
  private List<String> keep(String how, String patterns, allowNone) {
    def root = build.place.folder.toPath()
    def matchers = patterns.tokenize(',')*.trim().collect { FileSystems.default.getPathMatcher("glob:$it") }
    def found = []
    build.place.folder.eachFileRecurse(groovy.io.FileType.FILES) {
      def path = root.relativize(it.toPath())
      if (matchers.any { matcher -> matcher.matches(path) } && !path.startsWith('.git')) found << path.toString()
    }
    if (!found && !allowNone) throw new Failed("No artifacts found that match the file pattern ${patterns}")
    build.note(how, [files: found.sort()])
    return found
  }
}
