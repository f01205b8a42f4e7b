import org.codehaus.groovy.control.CompilerConfiguration

/** Runs one build of a declarative pipeline: what ran, in order, is in its log. */
class Build {
  final Map situation
  final List<Map> log = []
  final List<Map> layers = []
  final List<Place> places = []
  final Map stashes = [:]
  String result = 'SUCCESS'
  int counter = 0
  Script script
  private final Steps steps = new Steps(this)
  private final List<String> titles = []

  Build(Map situation) {
    this.situation = situation
    layers << ([BUILD_NUMBER: '1', BUILD_URL: 'https://ci.example.com/job/1/'] + situation.env + situation.parameters)
  }

  Map run() {
    def answer = [error: null]
    try {
      def settings = new CompilerConfiguration(scriptBaseClass: PipelineScript.name)
      script = new GroovyShell(Build.classLoader, new Binding(), settings).parse(new File(situation.file as String))
      ((PipelineScript) script).setSteps(steps)
      script.run()
    } catch (Paused waits) {
      result = 'PAUSED'
      answer.error = waits.message
    } catch (Aborted | Failed | Invalid ended) {
      result = ended instanceof Aborted ? 'ABORTED' : 'FAILURE'
      answer.error = "${ended.class.simpleName}: ${ended.message}".toString()
    } catch (Exception ended) {
      result = 'FAILURE'
      answer.error = "${ended.class.simpleName}: ${ended.message} ${ended.stackTrace.findAll { it.fileName?.endsWith('.groovy') }.take(6)}".toString()
    }
    return answer + [result: result, log: log]
  }

  void note(String what, Map facts) { log << ([what: what, stage: titles.join('/')] + facts) }

  Place getPlace() {
    if (!places) throw new Failed('Required context class hudson.FilePath is missing: no agent here')
    return places[-1]
  }

  def within(Map layer, Closure body) {
    layers << layer
    try {
      return body.call()
    } finally {
      layers.remove(layers.size() - 1)
    }
  }

  String variable(String name) { layers.reverse().find { it.containsKey(name) }?.get(name) }

  /** What a name means that is no variable of the file. */
  def global(String name) {
    switch (name) {
      case 'env': return new Env(this)
      case 'params': return situation.parameters
      case 'scm': return [$is: 'scm']
      case 'docker': return new Docker(this)
      case 'none': return 'none'
      case 'any': return 'any'
      case 'currentBuild':
        return [result: result == 'SUCCESS' ? null : result, currentResult: result, number: 1,
          getBuildCauses: { String type = '' -> type.contains(situation.cause as String) ? [[userId: situation.person]] : [] }]
      default:
        def value = variable(name)
        if (value == null) throw new MissingPropertyException("No such property: ${name}")
        return value
    }
  }

  def onAgent(String label, Closure body) { at(new Place(this, workspace(), "agent ${label}"), body) }

  def inContainer(String image, String args, Place reused, Closure body) {
    note('container', [image: image, args: args])
    at(new Place(this, reused ? reused.folder : workspace(), "container ${image}"), body)
  }

  private File workspace() { new File(situation.folder as String, "workspace-${counter++}") }

  private def at(Place place, Closure body) {
    places << place
    try {
      return body.call()
    } finally {
      places.remove(places.size() - 1).leave()
    }
  }

  def pipeline(Closure block) {
    def root = sections(block)
    def options = root.options ? Recorder.of(root.options.block, this.&global) : []
    options.each { note('option', [name: it.name, values: it.values.findAll { value -> value instanceof Map }]) }
    def wrap = options*.name
    def declared = root.parameters ? Recorder.of(root.parameters.block, this.&global)*.args*.first() : []
    situation.parameters = declared.collectEntries { [(it.name): (it.defaultValue ?: '') as String] } + situation.parameters
    layers[0] = situation.parameters + layers[0]
    if (root.triggers) {
      Recorder.of(root.triggers.block, this.&global).each { note('trigger', [kind: it.name, spec: it.args[0]]) }
    }
    onDeclared(root.agent) {
      within(environment(root.environment)) {
        within('withFolderProperties' in wrap ? situation.variables : [:]) {
          withPost(root.post) { stages(root.stages.block) }
        }
      }
    }
  }

  /** All branches, also when one fails; then the first failure. */
  def together(List<Closure> branches) {
    Throwable first = null
    branches.each {
      try {
        it.call()
      } catch (Failed | Aborted failed) {
        first = first ?: failed
      }
    }
    if (first) throw first
  }

  private Map<String, Entry> sections(Closure block) { Recorder.of(block, this.&global).collectEntries { [(it.name): it] } }

  private void stages(Closure block) {
    Recorder.of(block, this.&global).each { stage(it.args[0] as String, it.block) }
  }

  private def stage(String title, Closure block) {
    titles << title
    try {
      def s = sections(block)
      def conditions = s.when ? Recorder.of(s.when.block, this.&global) : []
      def early = conditions.findAll { it.name in Known.BEFORE }*.name
      if ('beforeInput' in early && !passes(conditions)) return note('skipped', [:])
      def by = s.input ? ask(s.input.block) : [:]
      within(by) {
        if ('beforeAgent' in early || s.parallel) {
          if (!passes(conditions)) return note('skipped', [:])
        }
        onDeclared(s.agent) {
          if (!passes(conditions)) return note('skipped', [:])
          note('stage', [:])
          within(environment(s.environment)) {
            withPost(s.post) {
              if (s.parallel) {
together(Recorder.of(s.parallel.block, this.&global).collect { one -> { -> stage(one.args[0] as String, one.block) } })
              } else if (s.stages) {
                stages(s.stages.block)
              } else {
                steps.run(s.steps.block)
              }
            }
          }
        }
      }
    } catch (Failed | Aborted failed) {
      note('failed', [error: failed.message])
      throw failed
    } finally {
      titles.remove(titles.size() - 1)
    }
  }

  private Map ask(Closure block) {
    def words = Recorder.of(block, this.&global).collectEntries { [(it.name): it.values[0]] }
    def who = steps._input(words, null)
    return words.submitterParameter ? [(words.submitterParameter): who] : [:]
  }

  private def onDeclared(Entry agent, Closure body) {
    if (!agent || agent.values[0] == 'none') return body.call()
    if (agent.values[0] == 'any') return onAgent('', { within(place.checkOut(), body) })
    def kind = Recorder.of(agent.block, this.&global)[0]
    if (kind.name != 'docker') return onAgent(kind.values[0] as String) { within(place.checkOut(), body) }
    def said = Recorder.of(kind.block, this.&global).collectEntries { [(it.name): it.values[0]] }
    def reused = said.reuseNode && places ? place : null
    return inContainer(said.image as String, said.args as String, reused) { within(reused ? [:] : place.checkOut(), body) }
  }

  private Map environment(Entry of) {
    def found = [:]
    if (of) {
      Closure copy = of.block.clone()
      copy.delegate = new Assignments(build: this, found: found)
      copy.resolveStrategy = Closure.DELEGATE_FIRST
      copy.call()
    }
    return found
  }

  /** The body, then what `post` says of how it ended. */
  private void withPost(Entry post, Closure body) {
    Throwable error = null
    try {
      body.call()
    } catch (Failed | Aborted failed) {
      error = failed
    }
    def how = error instanceof Aborted ? 'aborted' : error ? 'failure' : result == 'UNSTABLE' ? 'unstable' : 'success'
    def wanted = ['always', 'cleanup', how] + (how == 'success' ? [] : ['unsuccessful'])
    def blocks = post ? sections(post.block) : [:]
    Known.POST.findAll { it in wanted && blocks.containsKey(it) }.each {
      try {
        steps.run(blocks[it].block)
      } catch (Failed failed) {
        error = error ?: failed
      }
    }
    if (error) throw error
  }

  private boolean passes(List<Entry> conditions) {
    return conditions.findAll { !(it.name in Known.BEFORE) }.every { new Condition(this, it).holds() }
  }

  def run(Closure block) { steps.run(block) }
}
