import org.codehaus.groovy.ast.ASTNode
import org.codehaus.groovy.ast.expr.*
import org.codehaus.groovy.ast.stmt.*
import org.codehaus.groovy.control.CompilationUnit
import org.codehaus.groovy.control.CompilerConfiguration
import org.codehaus.groovy.control.Phases

/** What Jenkins would refuse of a declarative pipeline before it runs. */
class Structure {
  final List<String> complaints = []
  private final Set<String> functions = []
  private final Set<String> stageNames = []

  static List<String> judge(String path) {
    def unit = new CompilationUnit(new CompilerConfiguration())
    def found = new Structure()
    try {
      unit.addSource(new File(path))
      unit.compile(Phases.CONVERSION)
      def module = unit.AST.modules[0]
      found.functions.addAll(module.methods*.name)
      def calls = module.statementBlock.statements.collect { it instanceof ExpressionStatement ? it.expression : null }
      def pipelines = calls.findAll { name(it) == 'pipeline' }
      if (pipelines.size() != 1) {
        found.complain(module, "there are ${pipelines.size()} pipelines, not one")
      }
      pipelines.each { found.pipeline(it) }
      def shells = new Shells()
      module.statementBlock.visit(shells)
      module.methods.each { it.code.visit(shells) }
      found.complaints.addAll(shells.complaints)
      if (!found.complaints) {
        def whole = new CompilationUnit(new CompilerConfiguration())
        whole.addSource(new File(path))
        whole.compile(Phases.CLASS_GENERATION)
      }
    } catch (org.codehaus.groovy.control.CompilationFailedException broken) {
      found.complaints << broken.message
    }
    return found.complaints.unique()
  }

  private void complain(ASTNode where, String words) { complaints << "line ${where.lineNumber}: ${words}".toString() }

  private static String name(Expression call) {
    return call instanceof MethodCallExpression && call.implicitThis ? call.methodAsString : null
  }

  static List<Expression> args(MethodCallExpression call) {
    return call.arguments instanceof TupleExpression ? call.arguments.expressions : [call.arguments]
  }

  private static ClosureExpression block(MethodCallExpression call) {
    return args(call).find { it instanceof ClosureExpression }
  }

  /** The calls that a block consists of; complains about everything else in it. */
  private List<MethodCallExpression> calls(MethodCallExpression of, boolean mayBeEmpty = false) {
    def closure = block(of)
    if (!closure) {
      complain(of, "${of.methodAsString} has no block")
      return []
    }
    def statements = closure.code.statements
    if (!statements && !mayBeEmpty) {
      complain(of, "${of.methodAsString} is empty")
    }
    def (good, bad) = statements.split { it instanceof ExpressionStatement && name(it.expression) }
    bad.each { complain(it, "${of.methodAsString}: not a section, a directive or a step; Groovy goes into script") }
    return good*.expression
  }

  private Map<String, MethodCallExpression> sections(MethodCallExpression of, List<String> known) {
    def found = calls(of)
    found.findAll { !(it.methodAsString in known) }.each { complain(it, "unknown section ${it.methodAsString} in ${of.methodAsString}") }
    found.countBy { it.methodAsString }.findAll { it.value > 1 }.each { complain(of, "${of.methodAsString} has ${it.key} ${it.value} times") }
    return found.collectEntries { [(it.methodAsString): it] }
  }

  /** The name and the arguments of a call; a block is only for steps and conditions. */
  private void known(MethodCallExpression call, Map<String, List<String>> table, String what) {
    def names = table[call.methodAsString]
    if (names == null) {
      complain(call, "unknown ${what} ${call.methodAsString}")
      return
    }
    def given = named(call)
    def alone = args(call).findAll { !(it instanceof MapExpression || it instanceof ClosureExpression) }
    given.findAll { names != ['*'] && !names.contains(it.key) }.each { complain(call, "${what} ${call.methodAsString} has no argument ${it.key}") }
    if (names != ['*'] && (alone.size() > (names && names[0] ? 1 : 0) || (alone && given))) {
      complain(call, "${what} ${call.methodAsString}: too many arguments without a name")
    }
    if (names && names[0] && names != ['*'] && !alone && !given.containsKey(names[0]) && !Known.OPTIONAL.contains(call.methodAsString)) {
      complain(call, "${what} ${call.methodAsString} has no ${names[0]}")
    }
    if (block(call) && !Known.BLOCKS.contains(what)) {
      complain(call, "${what} ${call.methodAsString} has a block")
    }
    (given + (alone && names ? [(names[0]): alone[0]] : [:])).findAll { it.value instanceof ConstantExpression }.each { key, value ->
      def known = Known.TYPES[key]
      if (known instanceof Class ? !known.isInstance(value.value) : known && !known.contains(value.value)) {
        complain(call, "${what} ${call.methodAsString}: ${key} cannot be ${value.text}")
      }
    }
  }

  static Map<String, Expression> named(MethodCallExpression call) {
    def maps = args(call).findAll { it instanceof MapExpression }
    return maps.collectMany { it.mapEntryExpressions }.collectEntries { [(it.keyExpression.text): it.valueExpression] }
  }

  private void pipeline(MethodCallExpression call) {
    def found = sections(call, Known.ROOT)
    ['agent', 'stages'].findAll { !found.containsKey(it) }.each { complain(call, "pipeline has no ${it}") }
    common(found, Known.OPTIONS)
    if (found.stages) {
      stages(found.stages)
    }
    if (found.triggers) {
      calls(found.triggers).each { known(it, Known.TRIGGERS, 'trigger') }
    }
    if (found.parameters) {
      calls(found.parameters).each { known(it, Known.VALUES.subMap(['booleanParam', 'choice', 'password', 'string', 'text']), 'parameter') }
    }
  }

  private void common(Map<String, MethodCallExpression> found, Map<String, List<String>> options) {
    if (found.agent && block(found.agent)) {
      agent(found.agent)
    } else if (found.agent && !(args(found.agent)[0]?.text in ['none', 'any'])) {
      complain(found.agent, "unknown agent ${args(found.agent)*.text.join(' ')}")
    }
    if (found.options) {
      calls(found.options).each { known(it, options, 'option') }
    }
    if (found.post) {
      sections(found.post, Known.POST).each { steps(it.value) }
    }
    if (found.environment) {
      environment(found.environment)
    }
  }

  private void agent(MethodCallExpression call) {
    def types = calls(call)
    if (types.size() != 1 || !Known.AGENTS.containsKey(types[0].methodAsString)) {
      complain(call, "agent has to be one of ${Known.AGENTS.keySet().join(', ')}")
    } else if (block(types[0])) {
      def keys = sections(types[0], Known.AGENTS[types[0].methodAsString])
      if (types[0].methodAsString == 'docker' && !keys.image) {
        complain(call, 'docker has no image')
      }
    }
  }

  private void environment(MethodCallExpression call) {
    def statements = block(call)?.code?.statements ?: []
    if (!statements) {
      complain(call, 'environment is empty')
    }
    def names = statements.collect { it instanceof ExpressionStatement && it.expression instanceof BinaryExpression ? it.expression.leftExpression.text : it }
    names.countBy { it }.findAll { it.value > 1 }.each { complain(call, "environment has ${it.key} twice") }
    statements.each {
      def set = it instanceof ExpressionStatement && it.expression instanceof BinaryExpression ? it.expression : null
      def right = set?.rightExpression
      def good = right instanceof GStringExpression || right instanceof ConstantExpression || right instanceof MethodCallExpression || right instanceof BinaryExpression
      if (set?.operation?.text != '=' || !(set.leftExpression instanceof VariableExpression) || !good) {
        complain(it, 'environment: only NAME = a text or a call')
      }
    }
  }

  private void stages(MethodCallExpression of, boolean side = false) {
    calls(of).each {
      if (it.methodAsString == 'stage') {
        stage(it, side)
      } else {
        complain(it, "${of.methodAsString} has ${it.methodAsString}, which is no stage")
      }
    }
  }

  private void stage(MethodCallExpression call, boolean side) {
    def title = args(call)[0]
    if (!(title instanceof ConstantExpression) || !stageNames.add(title.text)) {
      complain(call, "stage ${title.text}: a name that is missing, computed or used twice")
    }
    def found = sections(call, Known.STAGE)
    def bodies = found.keySet().intersect(Known.BODIES)
    if (bodies.size() != 1) {
      complain(call, "stage ${title.text} has ${bodies.size()} of ${Known.BODIES.join(', ')}, not one")
    }
    if (found.matrix || found.parallel && side) {
      complain(call, "stage ${title.text}: no matrix here, and no parallel stages within parallel ones")
    }
    if (found.parallel && (found.agent || found.tools)) {
      complain(call, "stage ${title.text}: an agent around parallel stages")
    }
    common(found, Known.STAGE_OPTIONS)
    if (found.when) {
      conditions(found.when, true)
    }
    if (found.input) {
      def keys = sections(found.input, Known.INPUT)
      if (!keys.message) {
        complain(found.input, 'input has no message')
      }
    }
    if (found.steps) {
      steps(found.steps)
    }
    if (found.stages) {
      stages(found.stages, side)
    }
    if (found.parallel) {
      stages(found.parallel, true)
    }
  }

  private void conditions(MethodCallExpression of, boolean top = false) {
    def found = calls(of)
    if (found && top && found.every { it.methodAsString in Known.BEFORE }) {
      complain(of, 'when has no condition')
    }
    found.each {
      if (top && it.methodAsString in Known.BEFORE) return
      known(it, Known.CONDITIONS, 'condition')
      if (it.methodAsString in ['allOf', 'anyOf', 'not']) {
        conditions(it)
      }
      if (it.methodAsString == 'triggeredBy' && args(it)[0] instanceof ConstantExpression && !(args(it)[0].text in Known.CAUSES)) {
        complain(it, "unknown cause ${args(it)[0].text}")
      }
    }
  }

  private void steps(MethodCallExpression of) {
    calls(of).each {
      def name = it.methodAsString
      if (name == 'stage') {
        complain(it, 'stage belongs into stages, parallel or script')
      } else if (!(name in functions)) {
        known(it, Known.STEPS, 'step')
        if (name != 'script' && block(it)) {
          steps(it)
        }
      }
    }
  }
}
