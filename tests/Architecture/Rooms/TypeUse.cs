using Mono.Cecil;
using Mono.Cecil.Cil;

namespace ContainerManager.Tests.Architecture.Rooms;

/// <summary>Which types a type uses, in its declaration and in the code of its methods.</summary>
internal static class TypeUse
{
    /// <summary>Every type named by <paramref name="type"/>, without what stands nested in it.</summary>
    internal static IEnumerable<TypeReference> Of(TypeDefinition type) =>
        InDeclaration(type).Concat(type.Methods.SelectMany(InMethod)).OfType<TypeReference>().SelectMany(Parts);

    private static IEnumerable<TypeReference?> InDeclaration(TypeDefinition type) =>
    [
        type.BaseType,
        .. type.Interfaces.Select(implemented => implemented.InterfaceType),
        .. type.Fields.Select(field => field.FieldType),
        .. type.CustomAttributes.Select(attribute => attribute.AttributeType),
        .. type.GenericParameters.SelectMany(parameter => parameter.Constraints).Select(constraint => constraint.ConstraintType),
    ];

    private static IEnumerable<TypeReference?> InMethod(MethodDefinition method) =>
        InSignature(method)
            .Concat(method.GenericParameters.SelectMany(parameter => parameter.Constraints).Select(constraint => constraint.ConstraintType))
            .Concat(method.HasBody ? InBody(method.Body) : []);

    private static IEnumerable<TypeReference?> InBody(MethodBody body) =>
        body.Variables.Select(variable => variable.VariableType)
            .Concat(body.ExceptionHandlers.Select(handler => handler.CatchType))
            .Concat(body.Instructions.SelectMany(instruction => InOperand(instruction.Operand)));

    private static IEnumerable<TypeReference?> InOperand(object? operand) => operand switch
    {
        TypeReference type => [type],
        FieldReference field => [field.DeclaringType, field.FieldType],
        GenericInstanceMethod method => InSignature(method).Concat(method.GenericArguments).Append(method.DeclaringType),
        MethodReference method => InSignature(method).Append(method.DeclaringType),
        _ => [],
    };

    private static IEnumerable<TypeReference?> InSignature(IMethodSignature method) =>
        method.Parameters.Select(parameter => parameter.ParameterType).Append(method.ReturnType);

    /// <summary>A type, and those it is made of.</summary>
    private static IEnumerable<TypeReference> Parts(TypeReference type) => type switch
    {
        GenericInstanceType generic => generic.GenericArguments.SelectMany(Parts).Append(generic.ElementType),
        FunctionPointerType pointer => InSignature(pointer).OfType<TypeReference>().SelectMany(Parts).Append(pointer),
        RequiredModifierType modified => Parts(modified.ElementType),
        TypeSpecification made => Parts(made.ElementType),
        GenericParameter => [],
        _ => [type],
    };
}
